import { ANNOTATIONS } from '../api/group.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { HarborError } from '../harbor/http/errors.js';
import type { Project } from '../harbor/types.js';
import { formerHarborsOf } from '../api/former-harbors.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';
import type { Harbors } from '../harbor/session/harbors.js';
import { verdictOf } from '../mirror/status/outcome.js';
import type { PullCluster } from './cluster.js';
import { foreignRobots } from './problems.js';
import type { KeptRobot, PullIdentity } from './robot.js';
import { PullRobots } from './robots.js';
import { isUsable, pullSecretObject, readPullSecret } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import type { Verdict } from '../api/verdict.js';

export interface PullLoginsOptions {
  readonly cluster: PullCluster;
  readonly harbors: Pick<Harbors, 'sessionFor' | 'sessionForFormer' | 'knowsLoginFor' | 'urlFor'>;
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: () => number;
  /** Told of each write, without secrets. */
  readonly onWrite: (mirror: string, what: string) => void;
}

/** What a mirror's Pods pull from. */
export interface PullSource {
  readonly project: Pick<Project, 'id' | 'name'>;
  /** `host[:port]/project`. */
  readonly pullPrefix: string;
}

/** What Pods log in with: robot accounts in Harbor, and their Secrets in the operator's namespace. */
export class PullLogins {
  readonly #options: PullLoginsOptions;
  readonly #robots: PullRobots;

  constructor(options: PullLoginsOptions) {
    this.#options = options;
    this.#robots = new PullRobots(options.now, options.onWrite);
  }

  /** The pull Secrets in the operator's namespace that are this mirror's: one for each place that it serves, or served, from. */
  of({ metadata }: RegistryMirror): readonly PullSecret[] {
    return this.#options.cluster
      .pullSecrets()
      .map(readPullSecret)
      .filter((secret) => secret !== undefined)
      .filter(({ mirror }) => mirror === metadata.name);
  }

  /**
   * Sees to it that there is a Secret for this source that is good for a while yet.
   *
   * @returns why there is none
   * @throws KubernetesError
   */
  async keep(mirror: RegistryMirror, { project, pullPrefix }: PullSource): Promise<Verdict | undefined> {
    const { harbors, cluster, now } = this.#options;
    const found = harbors.sessionFor(mirror);
    if (!found.ok) return found.problem;
    const session = found.value;
    const identity = this.#identity(mirror, pullPrefix);
    const kept = this.#kept(mirror, session, pullPrefix);
    try {
      const result = await this.#robots.keep({ session, project, identity, kept, fresh: isRequested(mirror) });
      if (result.kind === 'kept') return undefined;
      if (result.kind === 'foreign') return foreignRobots(project.name, result.names);
      const { url: harbor } = session;
      const record = { harbor, projectId: project.id, robotId: result.robot.id, pullPrefix, issuedAt: now() };
      await cluster.keep(pullSecretObject(mirror, cluster.namespace, record, result.robot));
      return undefined;
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return verdictOf(error);
    }
  }

  /**
   * Deletes the robot accounts of a Secret, in the Harbor that it is of: another one may have another project with this id.
   *
   * @throws HarborError
   */
  async removeRobots(mirror: RegistryMirror, { record }: PullSecret): Promise<void> {
    const session = this.#sessionAt(mirror, record.harbor);
    if (session?.facts.availability.kind !== 'up') {
      const reason = `${record.harbor} is down, or the mirror has no login for it any more`;
      throw new HarborError({ kind: 'unreachable', method: 'GET', path: '/api/v2.0/robots', reason });
    }
    await this.#robots.remove(session, this.#identity(mirror, record.pullPrefix), record);
  }

  #sessionAt(mirror: RegistryMirror, url: string): HarborSession | undefined {
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

  /** The robot account whose secret is kept; undefined where that is missing, broken or of another Harbor. */
  #kept(mirror: RegistryMirror, { url }: HarborSession, pullPrefix: string): KeptRobot | undefined {
    const secret = this.of(mirror).find(({ record }) => record.pullPrefix === pullPrefix);
    if (secret === undefined || !isUsable(secret) || secret.record.harbor !== url) return undefined;
    return { id: secret.record.robotId, issuedAt: secret.record.issuedAt };
  }
}

/** Whether somebody asked for a look now: then nothing older will do. */
function isRequested({ metadata, status }: RegistryMirror): boolean {
  const requestedAt = metadata.annotations?.[ANNOTATIONS.requestedAt];
  return requestedAt !== undefined && requestedAt !== status.lastHandledReconcileAt;
}
