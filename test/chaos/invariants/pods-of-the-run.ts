import { parseReference } from '../../../src/image/reference.js';
import { rewriter } from '../../../src/image/rewrite.js';
import { PULL_HOSTS } from '../stage/harbors.js';
import { pullPrefixOf, UNMIRRORED } from '../stage/pods.js';
import type { PodRecord } from '../stage/pods.js';
import type { Withdrawal } from '../stage/withdrawals.js';
import { FOREIGN_PROJECT, projectsOf, SHARED_HOST } from '../story/fleet.js';
import type { Cast } from '../story/fleet.js';
import type { SeenPolicy } from './seen-policies.js';

/** The API server gives Kyverno ten seconds; a machine that is too busy is not the operator's fault. */
const TOO_BUSY = /deadline exceeded|request timed out|timeout/i;

/** So long the API server waits for Kyverno, and then lets a Pod through unchanged where the failurePolicy is Ignore. */
const WEBHOOK_TIMEOUT_MS = 9_000;

/** No Pod is refused but for a Kyverno that is away, and then none without a mirrored image. */
export function refusedWithoutReason(records: readonly PodRecord[]): readonly string[] {
  return records.flatMap((record) => {
    const { refusal, outages, image } = record;
    if (refusal === undefined || TOO_BUSY.test(refusal)) return [];
    if (image !== UNMIRRORED && outages.size > 0) return [];
    return [
      `${time(record)} a Pod of ${image} was refused: ${refusal} (away: ${[...outages].join(', ') || 'nothing'})`,
    ];
  });
}

/** No Pod is sent to a project that isn't there, unless somebody has just deleted it by hand. */
export function sentToNoProject(records: readonly PodRecord[]): readonly string[] {
  return records.flatMap((record) => {
    const { project, image, result } = record;
    if (project === undefined || project === 'there' || project === 'deleted by hand') return [];
    return [`${time(record)} a Pod of ${image} was sent to ${result ?? ''}: the project was ${project}`];
  });
}

/** No Pod is sent to a private project without the Secret that opens it, unless somebody has just edited a policy by hand. */
export function lockedOut(records: readonly PodRecord[]): readonly string[] {
  return records.flatMap((record) => {
    const { isLockedOut, image, result, secrets, outages } = record;
    if (!isLockedOut || outages.has('policy edited by hand')) return [];
    return [
      `${time(record)} a Pod of ${image} was sent to ${result ?? ''} with the Secrets ${secrets.join(', ') || 'none'}`,
    ];
  });
}

/** A Pod gets the image that it asks for, or the same path below a project that one of this host's mirrors may have. */
export function sentAstray(records: readonly PodRecord[], fleet: readonly Cast[]): readonly string[] {
  return records.flatMap((record) => {
    const { image, result } = record;
    if (result === undefined || result === image || mayBecome(image, fleet).has(result)) return [];
    return [`${time(record)} a Pod of ${image} got ${result}`];
  });
}

/** No Pod is sent to the cache of a mirror that is out since its upstream is away, whatever else goes wrong meanwhile. */
export function sentToWithdrawn(
  records: readonly PodRecord[],
  withdrawals: readonly Withdrawal[],
  fleet: readonly Cast[],
): readonly string[] {
  return records.flatMap((record) => {
    const { result, image, at, tookMs } = record;
    const project = result === undefined ? undefined : pullPrefixOf(result)?.split('/')[1];
    if (project === undefined) return [];
    const owner = fleet.find((cast) => projectsOf(cast).includes(project))?.name;
    const isOut = withdrawals.some(({ mirror, from, to }) => mirror === owner && from <= at && at + tookMs <= to);
    return isOut ? [`${time(record)} a Pod of ${image} was sent to ${result ?? ''}, whose upstream was away`] : [];
  });
}

/** While nothing fails and nobody edits anything, each Pod gets what the policies say: those of an upstream that was away come from the cache again. */
export function otherThanAtRest(
  records: readonly PodRecord[],
  rest: { readonly from: number; readonly to: number },
  policies: readonly Pick<SeenPolicy, 'entries'>[],
): readonly string[] {
  const rewrite = rewriter(policies.flatMap(({ entries = [] }) => entries));
  return records.flatMap((record) => {
    const { image, result, at, tookMs } = record;
    if (at < rest.from || at + tookMs > rest.to || tookMs >= WEBHOOK_TIMEOUT_MS || result === undefined) return [];
    const expected = rewrite(image).image;
    return result === expected ? [] : [`${time(record)} a Pod of ${image} got ${result}, and should get ${expected}`];
  });
}

function mayBecome(image: string, fleet: readonly Cast[]): ReadonlySet<string> {
  const reference = parseReference(image);
  if (reference === undefined) return new Set();
  const casts = fleet.filter(({ host }) => [host, `also-${host}`, SHARED_HOST].includes(reference.domain));
  const projects = casts.flatMap((cast) => [...projectsOf(cast), FOREIGN_PROJECT]);
  const prefixes = Object.values(PULL_HOSTS).flatMap((host) => projects.map((project) => `${host}/${project}`));
  return new Set(prefixes.map((prefix) => `${prefix}/${reference.path}${reference.suffix}`));
}

function time({ at }: PodRecord): string {
  return new Date(at).toISOString();
}
