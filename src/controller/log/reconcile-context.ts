import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Log, LogFields } from '../../log.js';

const current = new AsyncLocalStorage<LogFields>();

/** Runs one reconcile of this mirror. The lines that `logOfReconcile` gives while it runs carry its id. */
export async function inReconcile<T>(mirror: string, run: () => Promise<T>): Promise<T> {
  return await current.run({ mirror, reconcileId: randomUUID().slice(0, 8) }, run);
}

/**
 * The log for what is said within a reconcile: each line has the mirror's name and the reconcile's id. Not for what a reconcile only starts, such
 * as the watch of a Harbor, which outlives it.
 */
export function logOfReconcile(log: Log): Log {
  return log.with(() => current.getStore() ?? {});
}
