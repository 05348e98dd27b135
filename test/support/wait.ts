import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  /** How long to go on trying, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Pause between two tries, in milliseconds. Default: 50. */
  readonly intervalMs?: number;
  /** What is waited for, for the error's text. */
  readonly message?: string;
}

/** What was waited for did not come true in time; `cause` is the last try's error. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

/**
 * Runs `attempt` again and again until it returns without throwing, and returns what it returned.
 * Assertions belong inside. Throws WaitTimeoutError, with the last error in its text, when the time is up.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, intervalMs = 50, message = 'the condition' } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new WaitTimeoutError(`Waited ${timeoutMs} ms for ${message}. Last try: ${last}`, { cause: error });
      }
    }
    await pause(intervalMs);
  }
}
