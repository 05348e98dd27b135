/** A signal that fires after so long, or with the caller's. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the time that ended it. */
  readonly expired: () => boolean;
  readonly clear: () => void;
}

/**
 * By hand and not AbortSignal.any: the caller's signal lives as long as the operator, and whatever was hung on it must come
 * off again with each call.
 */
export function startDeadline(ms: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, ms);
  const abort = (): void => {
    controller.abort();
  };
  if (caller?.aborted === true) abort();
  caller?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    clear: () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', abort);
    },
  };
}
