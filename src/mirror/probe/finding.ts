import type { Finding } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { Reason } from '../../api/reasons.js';
import type { PullAnswer } from '../../harbor/api.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { HarborErrorKind } from '../../harbor/http/errors.js';
import type { Question } from './question.js';

/** What the condition ProbeSucceeded says. */
export type ProbeFinding = Omit<Finding, 'type' | 'reason'> & { readonly reason: Reason };

/** What may be over in a moment: it is asked again soon, before anybody is told. */
const PASSING: ReadonlySet<string> = new Set([
  REASONS.pullLimited,
  REASONS.pullTimedOut,
  REASONS.harborUnreachable,
  REASONS.harborError,
]);

/** Why nobody is asked. */
export const UNASKED = {
  notYet: unknown(REASONS.notChecked, 'The image has not been asked for yet.'),
  noProject: unknown(REASONS.notChecked, 'Harbor has no project of this mirror yet that could be asked.'),
  harborDown: unknown(REASONS.harborUnreachable, 'Not asked for while Harbor is down (HarborReachable).'),
} as const;

/** The project can't be asked as a node would. */
export function loginMissing({ project, image }: Question): ProbeFinding {
  const message =
    `Project ${project} is private, and there is no pull robot of this mirror's to ask for ${image} with. Set rewrite.pullSecret to Inject, ` +
    'wait until its Secret is there (condition Ready), or leave probe out.';
  return unknown(REASONS.pullLoginMissing, message);
}

export function findingOf(answer: PullAnswer | HarborError, question: Question): ProbeFinding {
  if (answer instanceof HarborError) return failureOf(answer, question);
  const { image, harbor, pullHost } = question;
  if (answer.kind === 'served') {
    return {
      status: 'True',
      reason: REASONS.imageServed,
      message: `Harbor serves ${image} to whoever asks as a node does.`,
    };
  }
  const message =
    `Harbor sends nodes to ${answer.realm.slice(0, 200)} for a token, which is neither ${harbor} nor on ${pullHost}; the operator asks nobody there. ` +
    "Check that nodes reach it, or correct external_url in Harbor's configuration.";
  return unknown(REASONS.tokensElsewhere, message);
}

export function isPassing({ reason }: ProbeFinding): boolean {
  return PASSING.has(reason);
}

/** Whether it says what was found, and not only that nothing is known. */
export function isFound({ status, reason }: Pick<ProbeFinding, 'status'> & { readonly reason: string }): boolean {
  return status !== 'Unknown' || reason === REASONS.tokensElsewhere || reason === REASONS.pullLoginMissing;
}

/** Nothing in it may be another each time, such as an id of the call: that would be a write each time. */
function failureOf(error: HarborError, question: Question): ProbeFinding {
  const { image } = question;
  const status = error.status === undefined ? '' : ` with ${error.status}`;
  switch (error.kind) {
    case 'notFound':
      return failed(REASONS.imageNotServed, `Harbor answers 404 to a HEAD of ${image}: ${whyNotThere(question)}`);
    case 'unauthorized':
    case 'forbidden':
      return failed(REASONS.pullRefused, `Harbor refuses ${image}${status}: ${whyRefused(question)}`);
    case 'rateLimited':
      return failed(
        REASONS.pullLimited,
        `Harbor answers 429 for ${image}: the upstream limits its pulls, or project.maxUpstreamConnections does. Give it credentials (upstream.credentialsSecretRef), or raise the limit.`,
      );
    case 'timeout':
      return failed(
        REASONS.pullTimedOut,
        `Harbor gives no answer for ${image} in time: the upstream may hang. Check the upstream, and Harbor's way to it.`,
      );
    case 'unreachable':
    case 'untrustedCertificate':
      return failed(
        REASONS.harborUnreachable,
        `No connection to ${question.harbor} to ask for ${image}${error.code === undefined ? '' : ` (${error.code})`}. Check the condition HarborReachable.`,
      );
    default:
      return other(error.kind, status, question);
  }
}

function other(kind: HarborErrorKind, status: string, { image }: Question): ProbeFinding {
  const isRefusal = kind === 'referenced' || kind === 'invalid' || kind === 'conflict';
  return isRefusal
    ? failed(
        REASONS.pullRefused,
        `Harbor refuses ${image}${status}: look at what the project demands of images, such as project.preventVulnerable.`,
      )
    : failed(
        REASONS.harborError,
        `Harbor fails at ${image}${status}: look at the logs of Harbor's core and registry, and at what is in front of it.`,
      );
}

function whyNotThere({ isFilteredOut, path }: Question): string {
  return isFilteredOut
    ? `project.filter has it serve only what rewrite.repositories.include names, and ${path} is not in there. Include it, or ask for another image.`
    : 'the upstream has no such image, or Harbor has no way to it and nothing cached. Check spec.probe.image and the condition UpstreamReachable.';
}

/** Harbor with its database down answers 401, too. */
function whyRefused({ isPrivate, project }: Question): string {
  return isPrivate
    ? `it doesn't take the mirror's pull robot for project ${project}, or its database is down. Ask for a look (registrymirror.io/requestedAt): that has the robot account checked.`
    : `project ${project} isn't public any more, or Harbor's database is down. Check the project in Harbor.`;
}

function failed(reason: Reason, message: string): ProbeFinding {
  return { status: 'False', reason, message };
}

function unknown(reason: Reason, message: string): ProbeFinding {
  return { status: 'Unknown', reason, message };
}
