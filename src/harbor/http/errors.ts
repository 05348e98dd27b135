/**
 * Every way in which a call to Harbor can fail. What to do about it is the reconciler's to decide, by kind.
 *
 * - `unreachable`: no connection, or it broke.
 * - `untrustedCertificate`: TLS: the certificate isn't trusted, has expired or is for another host.
 * - `timeout`: no whole answer in time. A write may still be carried out later.
 * - `aborted`: the caller's signal.
 * - `redirected`: 3xx; never followed, since the credentials would go along.
 * - `unauthorized`: 401. Also what Harbor answers while its database is down, so no proof of wrong credentials.
 * - `forbidden`: 403. A robot gets it for a project that doesn't exist, too.
 * - `readOnly`: 403 to a write: Harbor is in read-only mode.
 * - `notFound`: 404.
 * - `conflict`: 409: the name is taken; or two updates of one project at once.
 * - `referenced`: 412: something still uses or fills the object.
 * - `rateLimited`: 429; `retryAfterMs` says for how long where Harbor said so.
 * - `upstreamUnhealthy`: Harbor could not reach the upstream registry, or that refused the credentials. See `certain`.
 * - `upstreamAsked`: Harbor is asking the upstream, or busy with asking others: no answer yet.
 * - `upstreamSilent`: Harbor gets no answer from the upstream; the call may be carried out when it does.
 * - `unsupportedType`: this Harbor makes no proxy cache of this type of endpoint.
 * - `invalid`: 400, 422 and the other 4xx: Harbor doesn't take this value; its message says which.
 * - `serverError`: 5xx.
 * - `unexpectedAnswer`: not what Harbor's API answers: HTML, a missing field, too large.
 */
export type HarborErrorKind =
  | 'unreachable'
  | 'untrustedCertificate'
  | 'timeout'
  | 'aborted'
  | 'redirected'
  | 'unauthorized'
  | 'forbidden'
  | 'readOnly'
  | 'notFound'
  | 'conflict'
  | 'referenced'
  | 'rateLimited'
  | 'upstreamUnhealthy'
  | 'upstreamAsked'
  | 'upstreamSilent'
  | 'unsupportedType'
  | 'invalid'
  | 'serverError'
  | 'unexpectedAnswer';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HarborErrorDetails {
  readonly kind: HarborErrorKind;
  readonly method: HttpMethod;
  /** The path on Harbor, without host and query. */
  readonly path: string;
  /** Harbor's url, where the call was to go to one. */
  readonly harbor?: string;
  /** What went wrong, in Harbor's or the system's words: redacted, one line, bounded. */
  readonly reason: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Harbor's error code (`CONFLICT`) or the system's (`ECONNREFUSED`). */
  readonly code?: string;
  readonly retryAfterMs?: number;
  /** The X-Request-Id that was sent: Harbor's own log has it. */
  readonly requestId?: string;
  /**
   * False where the kind is the likeliest reading and not the only one: Harbor answers the same 500 `internal server error` whether its
   * ping of the upstream failed or its database is down, and the same 401 for a wrong password and a database that is down.
   */
  readonly certain?: boolean;
  /** Whether the call may have been carried out although it failed (or may be yet): look before repeating it. */
  readonly mayHaveHappened?: boolean;
}

/**
 * A failed call to Harbor. Holds neither credentials nor the request's body, and no AxiosError as its cause: that would carry
 * both.
 */
export class HarborError extends Error {
  override readonly name = 'HarborError';
  readonly kind: HarborErrorKind;
  readonly method: HttpMethod;
  readonly path: string;
  readonly harbor: string | undefined;
  readonly reason: string;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly certain: boolean;
  readonly mayHaveHappened: boolean;

  constructor(details: HarborErrorDetails) {
    super(describe(details));
    this.kind = details.kind;
    this.method = details.method;
    this.path = details.path;
    this.harbor = details.harbor;
    this.reason = details.reason;
    this.status = details.status;
    this.code = details.code;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.certain = details.certain ?? true;
    this.mayHaveHappened = details.mayHaveHappened ?? false;
  }
}

/** Whether this is a HarborError, of one of these kinds where any are given. */
export function isHarborError(error: unknown, ...kinds: readonly HarborErrorKind[]): error is HarborError {
  return error instanceof HarborError && (kinds.length === 0 || kinds.includes(error.kind));
}

function describe(details: HarborErrorDetails): string {
  const call = `${details.method} ${details.path}`;
  return details.status === undefined
    ? `${call}: ${details.reason}`
    : `${call}: answered with ${details.status}: ${details.reason}`;
}
