import type { RegistryMirror } from '../../api/registry-mirror.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { Project } from '../../harbor/types.js';
import { verdictOf } from '../../harbor/outcome.js';
import { keptFor, keptLogin } from '../../pull-secrets/logins/logins.js';
import type { PullSecret } from '../../pull-secrets/pull-secret.js';
import { usesPullSecrets } from '../../pull-secrets/usage.js';
import { planPullRobot, robotNames } from '../../robots/pull-robot.js';
import { describeRotation } from '../../robots/rotation.js';
import type { RobotsSession } from '../../robots/session.js';

/** What decides about a mirror's pull robots. */
interface PullRobotsInput {
  readonly mirror: RegistryMirror;
  readonly session: RobotsSession;
  /** `host[:port]/project` that the mirror is to serve from. */
  readonly pullPrefix: string;
  /** Undefined where it is yet to be made. */
  readonly project: Pick<Project, 'id' | 'name'> | undefined;
  /** The mirror's pull Secrets in the operator's namespace. */
  readonly secrets: readonly PullSecret[];
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: number;
}

/** What would happen to a mirror's pull robots, in words. */
export interface PullRobotsPlan {
  readonly actions: readonly string[];
  /** What goes when no policy names it any more. */
  readonly later: readonly string[];
  readonly problem?: string;
  readonly failed?: boolean;
}

/** Plans the robot accounts that a mirror's Pods pull with, by the operator's own rotation, and writes nothing. */
export async function planPullRobots(input: PullRobotsInput): Promise<PullRobotsPlan> {
  const { mirror, pullPrefix, secrets } = input;
  const isWanted = usesPullSecrets(mirror);
  const unused = secrets.filter(({ record }) => !isWanted || record.pullPrefix !== pullPrefix);
  const later = unused.map(deletionOf);
  if (!isWanted || mirror.spec.suspend) return { actions: [], later };
  try {
    return { ...(await planRotation(input)), later };
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    const verdict = verdictOf(error);
    return { actions: [], later, problem: verdict.kind === 'ready' ? '' : verdict.message, failed: true };
  }
}

/** What goes with a mirror's pull Secret, in words. */
export function deletionOf({ record }: PullSecret): string {
  return `delete the robot account for pulling from ${record.pullPrefix}`;
}

async function planRotation(input: PullRobotsInput): Promise<Omit<PullRobotsPlan, 'later'>> {
  const { mirror, session, pullPrefix, project, secrets, clusterId, now } = input;
  const identity = { clusterId, mirror: mirror.metadata.name, pullPrefix };
  if (project === undefined) return { actions: describeRotation({ kind: 'replace', name: robotNames(identity)[0] }) };
  const robots = await session.client.listProjectRobots(project.id, { signal: session.signal });
  const secret = keptFor(secrets, session, pullPrefix);
  const kept = secret && keptLogin(secret, now - secret.record.issuedAt);
  const rotation = planPullRobot({ robots, identity, kept, now });
  if (rotation.kind !== 'foreign') return { actions: describeRotation(rotation) };
  const problem = `Project ${project.name} has a robot account ${rotation.names.join(' and ')} that isn't this mirror's.`;
  return { actions: [], problem };
}
