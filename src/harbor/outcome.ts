import type { HarborError, HarborErrorKind } from './http/errors.js';
import { REASONS } from '../api/reasons.js';
import { permissionFor } from './permissions.js';
import type { Verdict } from '../api/verdict.js';
import { stalled, waiting } from '../api/verdict.js';

/** What was to be written. */
interface Write {
  readonly kind: string;
}

/** A verdict for each kind of error. */
type Table = Readonly<Record<HarborErrorKind, (error: HarborError, write: Write | undefined) => Verdict>>;

const unreachable = ({ harbor, message, retryAfterMs }: HarborError): Verdict => {
  const where = harbor === undefined ? '' : ` at ${harbor}`;
  return waiting(REASONS.harborUnreachable, `Harbor can't be reached${where}: ${message}.`, retryAfterMs);
};
/** Someone was faster. The next look tells whose it is. */
const changed = ({ message }: HarborError): Verdict =>
  waiting(REASONS.progressing, `Harbor changed meanwhile: ${message}.`, 1000);
const failed = ({ message, retryAfterMs }: HarborError): Verdict =>
  waiting(REASONS.harborError, `Harbor failed: ${message}.`, retryAfterMs);

const TABLE: Table = {
  unreachable,
  timeout: unreachable,
  aborted: unreachable,
  conflict: changed,
  notFound: changed,
  serverError: failed,
  unexpectedAnswer: failed,
  untrustedCertificate: ({ message }) =>
    waiting(
      REASONS.harborUnreachable,
      `Harbor's certificate isn't trusted: ${message}. Give its CA in the Harbor CA Secret.`,
    ),
  redirected: ({ message }) =>
    stalled(
      REASONS.harborRefused,
      `Harbor's url answers with a redirect, which is never followed: ${message}. Give the url that it leads to.`,
    ),
  // Harbor answers 401 while its database is down, too: no proof of wrong credentials, so not stalled.
  unauthorized: ({ message }) =>
    waiting(
      REASONS.harborCredentialsRefused,
      `Harbor refuses the operator's credentials, or its database is down: ${message}.`,
    ),
  forbidden: ({ method, path, message }) => {
    const permission = permissionFor(method, path);
    const missing = permission === undefined ? 'may not do this' : `lacks the permission ${permission}`;
    return waiting(
      REASONS.harborPermissionMissing,
      `The operator's robot account ${missing}: ${message}. Make one with registry-mirror harbor-robot, or see the documentation's list.`,
    );
  },
  readOnly: ({ message }) =>
    waiting(
      REASONS.harborReadOnly,
      `Harbor is in read-only mode; retried until that is over. ${message.replace(/\.$/, '')}.`,
    ),
  rateLimited: ({ message, retryAfterMs }) => waiting(REASONS.harborBusy, `Harbor is busy: ${message}.`, retryAfterMs),
  upstreamUnhealthy: ({ reason }) =>
    waiting(
      REASONS.upstreamUnhealthy,
      `Harbor can't reach the upstream, finds no registry at its url, doesn't trust its certificate, or is refused with the credentials: ${reason}. ` +
        'Check the url and the credentials. Tried again until that works.',
    ),
  upstreamAsked: ({ reason, retryAfterMs }) => waiting(REASONS.progressing, `${reason}.`, retryAfterMs),
  upstreamSilent: ({ reason, retryAfterMs }) =>
    waiting(REASONS.upstreamUnhealthy, `The upstream doesn't answer: ${reason}.`, retryAfterMs),
  referenced: ({ reason }) => waiting(REASONS.deletionBlocked, `Harbor doesn't delete it yet: ${reason}.`),
  unsupportedType: ({ reason }, write) =>
    write?.kind === 'CreateProject'
      ? waiting(REASONS.progressing, `This Harbor proxies no such endpoint: ${reason}.`, 100)
      : stalled(REASONS.harborRefused, `This Harbor doesn't know the type: ${reason}.`),
  invalid: ({ reason }) => stalled(REASONS.harborRefused, `Harbor doesn't take this: ${reason}. Correct the spec.`),
};

/**
 * What a failed call to Harbor means for the mirror: waiting or stalled. The table of Harbor's answers, in one place. Everything
 * that is no HarborError is a bug and isn't for here.
 *
 * @param write - the action that failed; undefined for a read
 */
export function verdictOf(error: HarborError, write?: Write): Verdict {
  return TABLE[error.kind](error, write);
}
