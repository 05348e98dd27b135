/** Is told what happens, one line of plain text at a time. */
export type Progress = (line: string) => void;

/** Writes each line to stderr. */
export const progressToStderr: Progress = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Tells nobody. */
export const silent: Progress = () => undefined;

/** Tells that `what` begins and, when it took more than a second, how long it took; passes its result or error on. */
export async function timed<T>(progress: Progress, what: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  progress(`${what} …`);
  const result = await work();
  progress(`${what}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
