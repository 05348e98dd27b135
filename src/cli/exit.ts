/** What the process ends with, as `kubectl diff` does: 1 only ever means that there are differences. */
export const EXIT = { ok: 0, differences: 1, error: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
