import type { FormerHarbor, RegistryMirror } from '../../api/registry-mirror.js';
import { REASONS } from '../../api/reasons.js';
import type { Verdict } from '../../api/verdict.js';
import { waiting } from '../../api/verdict.js';
import type { Read } from '../../credentials/secrets.js';
import { HarborError } from '../../harbor/http/errors.js';
import { verdictOf } from '../../harbor/outcome.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import { answers, mayLast } from '../../pull-secrets/logins/robot-removal.js';
import type { RobotsSession } from '../../robots/session.js';
import { describePrecondition } from '../plan/preconditions.js';
import type { Precondition } from '../plan/preconditions.js';

interface FormerRobots {
  readonly mirror: RegistryMirror;
  readonly former: FormerHarbor;
  /** Undefined where the operator has no login for that Harbor. */
  readonly session: Read<RobotsSession> | undefined;
  /** The pull prefix that the mirror serves from, should that Harbor be its present one under another name. @throws HarborError */
  readonly current: () => Promise<string | undefined>;
  /** What must hold before anything goes. */
  readonly requires: readonly Precondition[];
  readonly holds: (precondition: Precondition) => boolean;
  readonly pullSecrets: Pick<PullSecrets, 'removeRobotsIn'>;
}

/**
 * Deletes the robot accounts that a mirror has in a Harbor that it was moved away from. They go with Retain, too: nobody pulls with them any more.
 * They are looked for, since the Secret that told of one may be gone; a project that is deleted takes them along.
 *
 * @returns what may be left there, or why it isn't done yet
 */
export async function removeFormerRobots(input: FormerRobots): Promise<Read<readonly string[]>> {
  const { mirror, former, session, current, requires, holds, pullSecrets } = input;
  if (session === undefined) return { ok: true, value: [leftOf(former)] };
  if (!session.ok) return undone(input, session.problem, true);
  const { availability } = session.value.facts;
  const waitsFor = requires.find((precondition) => !holds(precondition));
  if (waitsFor !== undefined) {
    return undone(input, waiting(REASONS.deleting, `Waiting until ${describePrecondition(waitsFor)}.`), false);
  }
  try {
    await pullSecrets.removeRobotsIn(mirror, session.value, former.projectName, await current());
    return { ok: true, value: [] };
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    // One call that fails is no proof: what passes is waited for, and as long as the mirror is there also a person who mends the rest.
    const isGoing = mirror.metadata.deletionTimestamp !== undefined;
    return undone(input, verdictOf(error), isGoing ? mayLast(error, availability) : !answers(availability));
  }
}

/** @param isLasting - whether it may never pass: with Retain nobody waits for a Harbor that may be gone for good, and a robot account expires */
function undone({ mirror, former }: FormerRobots, problem: Verdict, isLasting: boolean): Read<readonly string[]> {
  if (isLasting && mirror.spec.deletionPolicy === 'Retain') return { ok: true, value: [leftOf(former)] };
  if (problem.kind === 'ready') return { ok: false, problem };
  const what = `Robot accounts for pulling from project ${former.projectName} in ${former.url} are still to be deleted`;
  return { ok: false, problem: waiting(problem.reason, `${what}: ${problem.message}`) };
}

function leftOf({ url, projectName }: FormerHarbor): string {
  return `whatever robot account for pulling from project ${projectName} in ${url} is there (it expires within 30 days)`;
}
