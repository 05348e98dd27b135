import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves after so long, or as soon as the signal is aborted: who goes on asks the signal whether it was.
 *
 * @param ms - at once where it is negative
 */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, ms), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * What the promise comes to; undefined where that takes longer, and then nobody hears of it, nor of an error.
 *
 * @throws what the promise rejects with in time
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const late = async (): Promise<undefined> => {
    await pause(ms, over.signal);
    return undefined;
  };
  try {
    return await Promise.race([promise, late()]);
  } finally {
    over.abort();
  }
}
