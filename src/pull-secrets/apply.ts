import type { RegistryMirror } from '../api/registry-mirror.js';
import type { Project } from '../harbor/types.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { KubernetesError, KubernetesErrorKind } from '../kubernetes/errors.js';
import { newPullRobot } from '../robots/pull-robot.js';
import type { PullIdentity } from '../robots/pull-robot.js';
import type { Rotation } from '../robots/rotation.js';
import type { PullCluster } from './cluster.js';
import { namespacedName } from '../kubernetes/objects.js';
import { describeCopy } from './copies.js';
import type { CopyAction } from './copies.js';
import type { PullMemory, RefusedCopy } from './memory.js';
import { loginOf, pullSecretObject } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import type { OnWrite } from './on-write.js';
import { deleteRobot } from './logins/robot-removal.js';
import type { RobotsSession } from '../robots/session.js';
import type { Secret } from '../credentials/secrets.js';

/** Copies that are written at the same time. */
const PARALLEL = 8;
/** Answers that are about this one namespace, and stay so until somebody does something there. */
const REFUSALS: ReadonlySet<KubernetesErrorKind> = new Set(['forbidden', 'alreadyExists', 'invalid']);

/** Where the robot accounts of one mirror's project are seen to. */
interface RotationContext {
  readonly mirror: RegistryMirror;
  readonly cluster: Pick<PullCluster, 'namespace' | 'keep'>;
  readonly session: RobotsSession;
  readonly project: Pick<Project, 'id' | 'name'>;
  readonly identity: PullIdentity;
  /** The Secret whose login it is about. */
  readonly kept: PullSecret | undefined;
  /** ms since 1970. */
  readonly now: number;
  readonly onWrite: OnWrite;
}

/**
 * Carries out what is to be done about a project's robot accounts.
 *
 * @returns the Secret of the operator's namespace that was written
 * @throws HarborError
 * @throws KubernetesError
 */
export async function applyRotation(
  rotation: Exclude<Rotation, { kind: 'foreign' }>,
  context: RotationContext,
): Promise<Secret | undefined> {
  const { cluster, session, project, identity, mirror, kept, now, onWrite } = context;
  if (rotation.kind === 'keep') {
    const { username } = rotation;
    const login = kept && loginOf(kept);
    const renamed =
      username === undefined || kept === undefined || login === undefined
        ? undefined
        : pullSecretObject(mirror, cluster.namespace, kept.record, { ...login, username });
    if (renamed !== undefined) {
      await cluster.keep(renamed);
      onWrite(`robot account ${login?.username ?? ''} is called ${username ?? ''} now: its Secret follows`);
    }
    for (const robot of rotation.retire) await deleteRobot(session, robot, onWrite);
    return renamed;
  }
  if (rotation.remove !== undefined) await deleteRobot(session, rotation.remove, onWrite);
  const robot = newPullRobot(rotation.name, project.name, identity);
  const { id, name, secret } = await session.client.createRobot(robot, { signal: session.signal });
  onWrite(`create robot account ${name}`);
  const { url: harbor } = session;
  const record = { harbor, projectId: project.id, robotId: id, pullPrefix: identity.pullPrefix, issuedAt: now };
  const made = pullSecretObject(mirror, cluster.namespace, record, { username: name, password: secret });
  await cluster.keep(made);
  return made;
}

/** What came of writing copies. */
export interface CopiesOutcome {
  readonly refused: PullMemory['refused'];
  /** What may pass: the look is to be repeated. */
  readonly passing: KubernetesError | undefined;
}

/**
 * Brings the copies to where they belong, and away from where they don't. What one namespace refuses keeps no other from its copy.
 *
 * @param before - what was refused the last time
 */
export async function applyCopies(
  actions: readonly CopyAction[],
  before: PullMemory['refused'],
  { cluster, onWrite }: { readonly cluster: Pick<PullCluster, 'carryOut'>; readonly onWrite: OnWrite },
): Promise<CopiesOutcome> {
  const refused = new Map<string, RefusedCopy>();
  let passing: KubernetesError | undefined;
  const rest = actions.values();
  const worker = async (): Promise<void> => {
    for (const action of rest) {
      try {
        await cluster.carryOut(action);
        onWrite(describeCopy(action));
      } catch (error) {
        if (!isKubernetesError(error)) throw error;
        const key = namespacedName(action.copy);
        const isFinal = REFUSALS.has(error.kind) || before.has(key);
        refused.set(key, refusal(action, error, isFinal));
        if (!isFinal) passing ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { refused, passing };
}

function refusal(action: CopyAction, { kind, message }: KubernetesError, isFinal: boolean): RefusedCopy {
  const { namespace = '', name } = action.copy.metadata;
  return {
    namespace,
    name,
    isDeletion: action.kind === 'DeleteCopy',
    isTaken: kind === 'alreadyExists',
    isForbidden: kind === 'forbidden',
    isFinal,
    message,
  };
}
