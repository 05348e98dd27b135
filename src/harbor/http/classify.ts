import { callPath, isWrite } from './call.js';
import type { Call } from './call.js';
import { HarborError } from './errors.js';
import type { HarborErrorDetails, HarborErrorKind } from './errors.js';
import { redact } from './redact.js';

/** A failed answer, as received. */
interface FailedAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
}

export interface FailureContext {
  readonly call: Call;
  readonly requestId: string;
  /** Harbor's url. */
  readonly harbor: string;
  /** What must not show up in the error, whoever says it. */
  readonly secrets: readonly string[];
}

/** What Harbor says of its refusal. */
interface Told {
  readonly message: string;
  readonly code: string | undefined;
}

interface Reading {
  readonly kind: HarborErrorKind;
  readonly certain?: boolean;
}

const UNHEALTHY = 'the registry is unhealthy';
/** A proxy's, of the server behind it. */
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);
const UNSUPPORTED_TYPE = 'unsupported registry type';

/**
 * Turns an answer that is no success into the error that says what it means. A refusal counts only in Harbor's own words: the 404 of
 * a proxy that knows no Harbor must not be taken for a missing project.
 */
export function failedAnswer(answer: FailedAnswer, context: FailureContext): HarborError {
  const told = harborsWords(answer.body);
  const isForeign = told === undefined && !isHeadOfHarbor(answer, context.call);
  const reading = read(answer, told ?? { message: '', code: undefined }, isForeign, context.call);
  const reason = told?.message ?? '';
  return failure(context, {
    ...reading,
    reason: reason === '' ? explain(answer, isForeign) : reason,
    status: answer.status,
    mayHaveHappened: answer.status >= 500 && isWrite(context.call.method),
    ...(told?.code === undefined ? {} : { code: told.code }),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  });
}

/** An error about this call, with its reason made fit to be shown. */
export function failure(
  context: FailureContext,
  details: Omit<HarborErrorDetails, 'method' | 'path' | 'harbor' | 'requestId'>,
): HarborError {
  return new HarborError({
    ...details,
    reason: redact(details.reason, context.secrets),
    method: context.call.method,
    path: redact(callPath(context.call), context.secrets),
    harbor: context.harbor,
    requestId: context.requestId,
  });
}

function read(answer: FailedAnswer, { message, code }: Told, isForeign: boolean, call: Call): Reading {
  const { status } = answer;
  if (status < 400) return { kind: status >= 300 ? 'redirected' : 'unexpectedAnswer' };
  if (status >= 500) return readServerError(status, call);
  switch (status) {
    case 401:
      // Harbor with its database down answers 401 to right credentials, too.
      return { kind: 'unauthorized', certain: false };
    case 403:
      // A missing permission is FORBIDDEN.
      return { kind: code === 'DENIED' && isWrite(call.method) ? 'readOnly' : 'forbidden' };
    case 429:
      return { kind: 'rateLimited' };
    default:
      return isForeign ? { kind: 'unexpectedAnswer' } : readRefusal(status, message);
  }
}

/** An answer to HEAD has no body to know Harbor by; but Harbor gives it a content type. */
function isHeadOfHarbor(answer: FailedAnswer, call: Call): boolean {
  return call.method === 'HEAD' && answer.contentType.includes('json');
}

function readRefusal(status: number, message: string): Reading {
  switch (status) {
    case 404:
      // "path … was not found" and 405 are about the call: this Harbor doesn't have it. Not about the object.
      return { kind: /^path .* was not found$/.test(message) ? 'unexpectedAnswer' : 'notFound' };
    case 405:
      return { kind: 'unexpectedAnswer' };
    case 409:
      return { kind: 'conflict' };
    case 412:
      return { kind: 'referenced' };
    case 400:
      if (message.includes(UNHEALTHY)) return { kind: 'upstreamUnhealthy' };
      if (message.includes(UNSUPPORTED_TYPE)) return { kind: 'unsupportedType' };
      return { kind: 'invalid' };
    default:
      return { kind: 'invalid' };
  }
}

/**
 * POST and PUT of an endpoint ping the upstream first. For some types (harbor, aws-ecr, docker-hub with credentials, …) a ping that fails is a 500, as
 * it is when Harbor's database is down.
 */
function readServerError(status: number, call: Call): Reading {
  const pings = call.lane === 'upstream';
  return status === 500 && pings ? { kind: 'upstreamUnhealthy', certain: false } : { kind: 'serverError' };
}

function explain(answer: FailedAnswer, isForeign: boolean): string {
  if (answer.status >= 300 && answer.status < 400) {
    return `a redirect to ${redirectTarget(answer.location)}, which is not followed: set Harbor's URL to where it really is`;
  }
  if (answer.status === 401) return "not logged in: the user or password is wrong, or Harbor's database is down";
  // Harbor's own 500 has no body at times. It has no other 5xx.
  if (!isForeign || answer.status === 500) return 'no explanation given';
  if (GATEWAY.has(answer.status)) return "not in Harbor's words: what is in front of Harbor gets no answer from it";
  return "not in Harbor's words: something else is at this address, or in front of Harbor; check Harbor's url";
}

/** Host and path only: the rest of a location may hold tokens. */
function redirectTarget(location: string | undefined): string {
  if (location === undefined) return 'nowhere';
  const url = URL.parse(location);
  return url === null ? (location.split(/[?#]/)[0] ?? '') : `${url.origin}${url.pathname}`;
}

/** `{"errors":[{"code","message"}]}`, if it is that. */
function harborsWords(body: string): Told | undefined {
  const errors = field(parsed(body), 'errors');
  if (!Array.isArray(errors)) return undefined;
  const text = (error: unknown, name: string): string => {
    const value = field(error, name);
    return typeof value === 'string' ? value : '';
  };
  const message = errors.map((error) => text(error, 'message')).join('; ');
  const code = text(errors[0], 'code');
  return { message, code: code === '' ? undefined : code };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: then these aren't Harbor's words, which is all that is asked here.
    return undefined;
  }
}
