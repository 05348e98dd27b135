/** Told of each write, without secrets. */
export type OnWrite = (what: string) => void;
