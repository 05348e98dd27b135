/** What an answer of the API server means for the caller. */
export type KubernetesErrorKind =
  | 'notFound'
  | 'conflict'
  | 'alreadyExists'
  | 'gone'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'tooManyRequests'
  | 'unavailable'
  | 'unexpected';

/** A failed call to the API server. Carries no header and no body: those may hold tokens and Secrets. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';

  constructor(
    readonly kind: KubernetesErrorKind,
    message: string,
    readonly status?: number,
    readonly retryAfterMs?: number,
    /** Of the metav1.Status, where the API server itself answered. */
    readonly reason?: string,
  ) {
    super(message);
  }
}

/** A write that was refused before it was sent: this process doesn't hold the leader lease, or may not hold it any more. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** The part of a metav1.Status that is safe to show. */
interface Status {
  readonly reason?: string;
  readonly message?: string;
}

function kindOf(status: number, reason: string | undefined): KubernetesErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'notFound';
    case 409:
      return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
    case 410:
      return 'gone';
    case 400:
    case 422:
      return 'invalid';
    case 429:
      return 'tooManyRequests';
    default:
      return status >= 500 ? 'unavailable' : 'unexpected';
  }
}

/**
 * The error for an answer that isn't 2xx.
 *
 * @param call - what was asked, for the message, e.g. `PATCH /apis/…`
 * @param body - the answer's body; a metav1.Status where the API server itself answered
 * @param retryAfterSeconds - the Retry-After header
 */
export function errorFromAnswer(
  call: string,
  status: number,
  body: unknown,
  retryAfterSeconds: string | undefined,
): KubernetesError {
  const { reason, message } = (typeof body === 'object' && body !== null ? body : {}) as Status;
  const retryAfter = Number(retryAfterSeconds);
  return new KubernetesError(
    kindOf(status, reason),
    `${call}: ${message ?? `HTTP ${status}`}`,
    status,
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : undefined,
    reason,
  );
}

/** Whether `error` is a KubernetesError of one of these kinds. */
export function isKubernetesError(error: unknown, ...kinds: readonly KubernetesErrorKind[]): error is KubernetesError {
  return error instanceof KubernetesError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** Whether the API server says that there is no such object. Where the kind isn't served, it may be there all the same: the answer then gives no reason. */
export function isMissing(error: unknown): boolean {
  return isKubernetesError(error, 'notFound') && error.reason === 'NotFound';
}
