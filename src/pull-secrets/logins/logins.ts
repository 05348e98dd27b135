import { REASONS } from '../../api/reasons.js';
import { isRequested } from '../../api/request.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Verdict } from '../../api/verdict.js';
import { stalled } from '../../api/verdict.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { Project } from '../../harbor/types.js';
import { formerHarborsOf } from '../../api/former-harbors.js';
import { verdictOf } from '../../harbor/outcome.js';
import { pullSecretName } from '../../engines/pull-secret.js';
import { planPullRobot } from '../../robots/pull-robot.js';
import type { PullIdentity } from '../../robots/pull-robot.js';
import { GRACE_MS, isQuiet } from '../../robots/rotation.js';
import type { KeptLogin, Rotation } from '../../robots/rotation.js';
import { applyRotation } from '../apply.js';
import type { OnWrite } from '../on-write.js';
import type { PullCluster } from '../cluster.js';
import type { PullMemory, RobotList } from '../memory.js';
import { observeRobots } from '../observe.js';
import type { PullObservation } from '../observe.js';
import { loginOf, readPullSecret } from '../pull-secret.js';
import type { PullSecret } from '../pull-secret.js';
import type { RobotPlace } from './robot-places.js';
import { mayLast, removeRobots } from './robot-removal.js';
import type { RobotProject } from './robot-removal.js';
import type { PullHarbors, RobotsSession } from '../../robots/session.js';

/** Robots have no list of all projects: each project is a read of its own, so they are looked at less often than the rest. */
const MAX_AGE_MS = 3_600_000;

/** No event tells that somebody else's Secret is gone: it isn't watched. */
const TAKEN_RETRY_MS = 60_000;

export interface PullLoginsOptions {
  readonly cluster: PullCluster;
  readonly harbors: PullHarbors;
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** Told of each write, without secrets. */
  readonly onWrite: (mirror: string, what: string) => void;
}

/** What a mirror's Pods pull from. */
interface PullSource {
  readonly project: Pick<Project, 'id' | 'name'>;
  /** `host[:port]/project`. */
  readonly pullPrefix: string;
}

/** How the login for a source stands now. */
export interface LoginResult {
  /** The mirror's Secrets in the operator's namespace, with what was written just now. */
  readonly secrets: readonly PullSecret[];
  /** Why there is no login that is good for a while yet. */
  readonly problem?: Verdict;
  readonly lookAgainMs?: number;
  /** To be remembered. */
  readonly robots?: RobotList;
}

/** What Pods log in with: robot accounts in Harbor, and their Secrets in the operator's namespace. */
export class PullLogins {
  readonly #options: PullLoginsOptions;

  constructor(options: PullLoginsOptions) {
    this.#options = options;
  }

  /**
   * Sees to it that there is a Secret for this source that is good for a while yet.
   *
   * @throws KubernetesError
   */
  async seeTo(
    { mirror, secrets, now }: PullObservation,
    { project, pullPrefix }: PullSource,
    memory: Pick<PullMemory, 'robots' | 'keptSince'>,
  ): Promise<LoginResult> {
    const found = this.#options.harbors.sessionFor(mirror);
    if (!found.ok) return { secrets, problem: found.problem };
    const session = found.value;
    const identity = this.#identity(mirror, pullPrefix);
    const kept = keptFor(secrets, session, pullPrefix);
    const login = kept && keptLogin(kept, this.#ageMs(kept, now, memory));
    if (kept === undefined) {
      const taken = await this.#nameTaken(mirror, pullPrefix);
      if (taken !== undefined) return { secrets, problem: taken, lookAgainMs: TAKEN_RETRY_MS };
    }
    const planOn = ({ robots }: RobotList): Rotation =>
      planPullRobot({ robots, identity, kept: login, now: this.#options.now() });
    try {
      const maxAgeMs = isRequested(mirror) ? 0 : MAX_AGE_MS;
      const known = await observeRobots(session, project.id, memory.robots, { now, maxAgeMs });
      const isOld = known === memory.robots;
      const first = planOn(known);
      if (isQuiet(first)) return { secrets, robots: known, ...again(first) };
      // Nothing is written on an old list.
      const rotation = isOld
        ? planOn(await observeRobots(session, project.id, undefined, { now, maxAgeMs: 0 }))
        : first;
      if (rotation.kind === 'foreign') return { secrets, problem: foreignRobots(project.name, rotation.names) };
      const context = { ...this.#options, mirror, session, project, identity, kept };
      const written = await applyRotation(rotation, {
        ...context,
        now: this.#options.now(),
        onWrite: this.#onWrite(mirror),
      });
      return {
        secrets: written === undefined ? secrets : withSecret(secrets, readPullSecret(written)),
        ...again(rotation),
      };
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return { secrets, problem: verdictOf(error) };
    }
  }

  /**
   * Deletes the mirror's robot accounts of a place, in the Harbor that it is in.
   *
   * @throws HarborError
   */
  async removeRobots(mirror: RegistryMirror, { harbor, project, pullPrefix }: RobotPlace): Promise<void> {
    const session = this.#sessionAt(mirror, harbor);
    if (session === undefined || session.facts.availability.kind === 'down') {
      const reason = `${harbor} is down, or the mirror has no login for it any more`;
      throw new HarborError({ kind: 'unreachable', method: 'GET', path: '/api/v2.0/robots', reason });
    }
    const isInUse = (prefix: string): boolean => pullPrefix !== undefined && prefix !== pullPrefix;
    await this.removeRobotsBut(isInUse, mirror, session, project);
  }

  /** Whether what kept the mirror's robot accounts of a place from being deleted may last: their Harbor is down, takes no login, or refuses just this. */
  mayLast(error: HarborError, mirror: RegistryMirror, { harbor }: RobotPlace): boolean {
    const session = this.#sessionAt(mirror, harbor);
    return session === undefined || mayLast(error, session.facts.availability);
  }

  /**
   * Deletes the mirror's robot accounts in a project, but those in use.
   *
   * @throws HarborError
   */
  async removeRobotsBut(
    isInUse: (pullPrefix: string) => boolean,
    mirror: RegistryMirror,
    session: RobotsSession,
    project: RobotProject,
  ): Promise<void> {
    const owner = { clusterId: this.#options.clusterId, mirror: mirror.metadata.name };
    await removeRobots({ session, owner, project, isInUse, onWrite: this.#onWrite(mirror) });
  }

  /** Asked before a robot account is made: nobody could keep its password. */
  async #nameTaken({ metadata }: RegistryMirror, pullPrefix: string): Promise<Verdict | undefined> {
    const { cluster } = this.#options;
    const name = pullSecretName({ mirror: metadata.name, pullPrefix });
    if (!(await cluster.isTaken(name, metadata.name))) return undefined;
    const message =
      `The Secret ${cluster.namespace}/${name} isn't this operator's and has the name of the mirror's pull Secret. ` +
      'Delete it, or give it another name.';
    return stalled(REASONS.pullSecretConflict, message);
  }

  #sessionAt(mirror: RegistryMirror, url: string): RobotsSession | undefined {
    const { harbors } = this.#options;
    const present = harbors.urlFor(mirror);
    const former = formerHarborsOf(mirror, present).find((harbor) => harbor.url === url);
    if (url !== present && (former === undefined || !harbors.knowsLoginFor(former))) return undefined;
    const found = former === undefined ? harbors.sessionFor(mirror) : harbors.sessionForFormer(former);
    return found.ok ? found.value : undefined;
  }

  #identity({ metadata }: RegistryMirror, pullPrefix: string): PullIdentity {
    return { clusterId: this.#options.clusterId, mirror: metadata.name, pullPrefix };
  }

  /** A clock that was put back makes nothing younger than this process knows it to be. */
  #ageMs(kept: PullSecret, now: number, { keptSince }: Pick<PullMemory, 'keptSince'>): number {
    const seenMs = now - (keptSince.get(keyOfLogin(kept)) ?? now);
    return Math.max(seenMs, this.#options.now() - kept.record.issuedAt);
  }

  #onWrite({ metadata }: RegistryMirror): OnWrite {
    return (what) => {
      this.#options.onWrite(metadata.name, what);
    };
  }
}

/** Which login a Secret holds, so that a new one counts from anew. */
export function keyOfLogin({ secret, record }: PullSecret): string {
  return `${secret.metadata.name} ${record.robotId}`;
}

/** The Secret whose login is for this source; undefined where that is missing, broken or of another Harbor. */
export function keptFor(
  secrets: readonly PullSecret[],
  { url }: Pick<RobotsSession, 'url'>,
  pullPrefix: string,
): PullSecret | undefined {
  return secrets.find(({ record }) => record.pullPrefix === pullPrefix && record.harbor === url);
}

/** The login of a Secret, as the rotation takes it; undefined where somebody broke it. */
export function keptLogin(kept: PullSecret, ageMs: number): KeptLogin | undefined {
  const login = loginOf(kept);
  return login === undefined ? undefined : { robotId: kept.record.robotId, username: login.username, ageMs };
}

function withSecret(secrets: readonly PullSecret[], written: PullSecret | undefined): readonly PullSecret[] {
  if (written === undefined) return secrets;
  const { name } = written.secret.metadata;
  return [...secrets.filter(({ secret }) => secret.metadata.name !== name), written];
}

function again(rotation: Rotation): Pick<LoginResult, 'lookAgainMs'> {
  if (rotation.kind === 'replace') return { lookAgainMs: GRACE_MS };
  const ms = rotation.kind === 'keep' ? rotation.retireInMs : undefined;
  return ms === undefined ? {} : { lookAgainMs: ms };
}

function foreignRobots(project: string, names: readonly string[]): Verdict {
  const message =
    `Harbor's project ${project} has a robot account ${names.join(' and ')} that isn't this mirror's. ` +
    'Delete it there, or rename it.';
  return stalled(REASONS.pullSecretConflict, message);
}
