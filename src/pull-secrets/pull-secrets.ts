import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PullLogin } from '../harbor/http/call.js';
import { HarborError } from '../harbor/http/errors.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { Policies } from '../policies/policies.js';
import { applyCopies } from './apply.js';
import type { CopiesOutcome } from './apply.js';
import type { OnWrite } from './on-write.js';
import { planCopies } from './copies.js';
import { keptFor, keyOfLogin, PullLogins } from './logins/logins.js';
import type { LoginResult, PullLoginsOptions } from './logins/logins.js';
import { NOTHING_REMEMBERED } from './memory.js';
import type { PullMemory } from './memory.js';
import { observePulls, pullSecretsOf } from './observe.js';
import type { PullObservation, PullObservationOptions } from './observe.js';
import { planPulls } from './plan.js';
import type { PullPlan } from './plan.js';
import { usesPullSecrets } from './usage.js';
import { loginOf } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import { injects, placeOfRobot, robotPlaces } from './logins/robot-places.js';
import type { MayLeave } from './logins/robot-removal.js';
import type { RobotsSession } from '../robots/session.js';
import { accessProblem, resultOf } from './result.js';
import type { PullResult, PullSubject } from './result.js';
import { spreadOf } from './plan.js';
import type { Spread } from './plan.js';

/** What there is to say of a mirror without pull Secrets. */
const IN_ORDER: PullResult = { canPull: true };

interface PullSecretsOptions extends PullLoginsOptions, PullObservationOptions {
  readonly cluster: PullLoginsOptions['cluster'];
  readonly policies: PullObservationOptions['policies'] & Pick<Policies, 'has'>;
  /** A person may have to look. */
  readonly onWarning: (mirror: string, what: string) => void;
}

/**
 * Pull Secrets: a pull-only robot account per mirror, its Secret in the operator's namespace, and copies of that wherever Pods
 * are rewritten. A Secret is there before the policy names it, and goes after no policy does.
 */
export class PullSecrets {
  readonly #options: PullSecretsOptions;
  readonly #logins: PullLogins;
  readonly #memory = new Map<string, PullMemory>();

  constructor(options: PullSecretsOptions) {
    this.#options = options;
    this.#logins = new PullLogins(options);
  }

  /**
   * Goes behind the look at a mirror's Harbor side: what the mirror is to serve, it does only with its Secrets in place.
   *
   * @throws KubernetesError where the API server can't be written to
   */
  async settle(mirror: RegistryMirror, subject: PullSubject): Promise<PullResult> {
    const { cluster } = this.#options;
    const isWanted = usesPullSecrets(mirror);
    if (!isWanted && pullSecretsOf(mirror, cluster).length === 0) {
      this.forget(mirror.metadata.name);
      await this.#unwatchUnused(mirror);
      return IN_ORDER;
    }
    const access = await cluster.watch();
    if (access !== 'ready') {
      return isWanted ? { problem: accessProblem(access), canPull: false } : IN_ORDER;
    }
    const observation = observePulls(mirror, subject.harbor?.pullPrefix, this.#options);
    const memory = this.#remembered(mirror);
    const login = await this.#seeToLogin(observation, subject, memory);
    const plan = planPulls(observation, login, memory);
    const outcome = await applyCopies(plan.copies, memory.refused, { cluster, onWrite: this.#onWrite(mirror) });
    this.#remember(observation, login, plan, outcome);
    if (outcome.passing !== undefined) throw outcome.passing;
    await this.#drop(mirror, plan.drop);
    if (plan.drop.length > 0) await this.#unwatchUnused(mirror);
    return resultOf({ subject, isWanted, login, plan, outcome });
  }

  /** Whether every Pod that may be sent to this pull prefix has the Secret for it. */
  isSpread(mirror: RegistryMirror, pullPrefix: string): Spread {
    const { access } = this.#options.cluster;
    const observation = observePulls(mirror, pullPrefix, this.#options);
    return spreadOf(pullPrefix, access, observation, this.#remembered(mirror));
  }

  /** What the mirror's Pods log in with for this pull prefix of this Harbor; undefined where there is no Secret of it, or somebody broke it. */
  loginFor(mirror: RegistryMirror, harborUrl: string, pullPrefix: string): PullLogin | undefined {
    const kept = keptFor(pullSecretsOf(mirror, this.#options.cluster), { url: harborUrl }, pullPrefix);
    return kept && loginOf(kept);
  }

  /** Whether Pods may still be told to pull from this Harbor with a robot account of the mirror's. */
  pullsFrom(mirror: RegistryMirror, harborUrl: string): boolean {
    return pullSecretsOf(mirror, this.#options.cluster).some(({ record }) => record.harbor === harborUrl);
  }

  /** Whether the mirror may have robot accounts somewhere. */
  mayHaveRobots(mirror: RegistryMirror): boolean {
    return injects(mirror) || pullSecretsOf(mirror, this.#options.cluster).length > 0;
  }

  /**
   * Deletes the robot accounts that the mirror has in a project that it was moved away from, also those that no Secret tells of any more. Robot accounts
   * for a place that the mirror still uses stay.
   *
   * @param session - with the Harbor that the project is in
   * @param current - the pull prefix that the mirror serves from, where that is in the same Harbor, under another of its names; undefined where the
   *   mirror serves from another Harbor, and so uses nothing in this one
   * @throws HarborError where the accounts can't be listed or deleted
   */
  async removeRobotsIn(
    mirror: RegistryMirror,
    session: RobotsSession,
    projectName: string,
    current: string | undefined,
  ): Promise<void> {
    const secrets = pullSecretsOf(mirror, this.#options.cluster);
    const used = current === undefined ? [] : [current, ...secrets.map(({ record }) => record.pullPrefix)];
    const isInUse = (pullPrefix: string): boolean => used.includes(pullPrefix);
    await this.#logins.removeRobotsBut(isInUse, mirror, session, { name: projectName });
  }

  /** The mirror's object is gone. */
  forget(mirror: string): void {
    this.#memory.delete(mirror);
  }

  /**
   * Takes everything away that was there for a mirror that goes. No policy names it any more.
   *
   * @returns what is left in Harbor
   * @throws HarborError where something must not be left
   * @throws KubernetesError
   */
  async release(mirror: RegistryMirror, mayLeave: MayLeave): Promise<readonly string[]> {
    const secrets = pullSecretsOf(mirror, this.#options.cluster);
    const left: string[] = [];
    for (const place of robotPlaces(mirror, secrets)) {
      try {
        await this.#logins.removeRobots(mirror, place);
      } catch (error) {
        if (!(error instanceof HarborError)) throw error;
        const isLeft =
          mayLeave === 'anything' || (mayLeave === 'what may last' && this.#logins.mayLast(error, mirror, place));
        if (!isLeft) throw error;
        left.push(`a robot account for pulling from ${place.source} (it expires within 30 days)`);
      }
    }
    if (secrets.length > 0) await this.#takeAway(mirror, secrets, mayLeave !== 'nothing');
    this.forget(mirror.metadata.name);
    await this.#unwatchUnused(mirror);
    return left;
  }

  /** A suspended mirror gets nothing new; what it serves goes on being served. */
  async #seeToLogin(
    observation: PullObservation,
    { verdict, harbor }: PullSubject,
    memory: PullMemory,
  ): Promise<LoginResult> {
    const { mirror, secrets, isWanted } = observation;
    const isHeld = mirror.spec.suspend && !this.#options.policies.has(mirror.metadata.name);
    const { project, pullPrefix } = harbor ?? {};
    const isDue = isWanted && verdict.kind === 'ready' && !isHeld;
    if (!isDue || !project || pullPrefix === undefined) {
      return { secrets, ...(memory.robots === undefined ? {} : { robots: memory.robots }) };
    }
    return await this.#logins.seeTo(observation, { project, pullPrefix }, memory);
  }

  /** Takes away Secrets that aren't used any more, and their robot accounts. */
  async #drop(mirror: RegistryMirror, secrets: readonly PullSecret[]): Promise<void> {
    const { cluster, onWarning } = this.#options;
    for (const pull of secrets) {
      try {
        await this.#logins.removeRobots(mirror, placeOfRobot(pull.record));
      } catch (error) {
        if (!(error instanceof HarborError)) throw error;
        const what = `The robot account for ${pull.record.pullPrefix} could not be deleted; it expires within 30 days.`;
        onWarning(mirror.metadata.name, `${what} ${error.message}`);
      }
      await cluster.drop(pull.secret);
    }
  }

  /** What a namespace doesn't let go, or the rights aren't there for any more, goes with its owner, the mirror. */
  async #takeAway(mirror: RegistryMirror, secrets: readonly PullSecret[], mayLeave: boolean): Promise<void> {
    const { cluster } = this.#options;
    try {
      if ((await cluster.watch()) === 'ready') {
        const { copies, namespaces, excludedNamespaces } = observePulls(mirror, undefined, this.#options);
        const { actions } = planCopies({ mirror, wanted: [], copies, namespaces, excludedNamespaces });
        const { passing } = await applyCopies(actions, new Map(), { cluster, onWrite: this.#onWrite(mirror) });
        if (passing !== undefined) throw passing;
      }
      for (const { secret } of secrets) await cluster.drop(secret);
    } catch (error) {
      const isTolerable = mayLeave ? isKubernetesError(error) : isKubernetesError(error, 'forbidden');
      if (!isTolerable) throw error;
    }
  }

  #remembered({ metadata }: RegistryMirror): PullMemory {
    return this.#memory.get(metadata.name) ?? NOTHING_REMEMBERED;
  }

  #remember(
    { mirror, now }: PullObservation,
    { secrets, robots }: LoginResult,
    { unusedSince }: PullPlan,
    { refused }: CopiesOutcome,
  ): void {
    const before = this.#remembered(mirror);
    const keptSince = new Map(secrets.map(keyOfLogin).map((key) => [key, before.keptSince.get(key) ?? now]));
    const memory = { unusedSince, keptSince, refused, ...(robots === undefined ? {} : { robots }) };
    this.#memory.set(mirror.metadata.name, memory);
    for (const [key, { message }] of refused) {
      if (before.refused.has(key)) continue;
      this.#options.onWarning(
        mirror.metadata.name,
        `The pull Secret ${key} could not be written there, or taken away. ${message}`,
      );
    }
  }

  #onWrite({ metadata }: RegistryMirror): OnWrite {
    return (what) => {
      this.#options.onWrite(metadata.name, what);
    };
  }

  /** Without a mirror that needs it, nothing is watched. */
  async #unwatchUnused({ metadata }: RegistryMirror): Promise<void> {
    const { cluster } = this.#options;
    if (cluster.access === 'unwatched' || cluster.hasPullSecrets) return;
    const isOther = (mirror: RegistryMirror): boolean =>
      mirror.metadata.name !== metadata.name || mirror.metadata.deletionTimestamp === undefined;
    if (cluster.mirrors().filter(isOther).some(usesPullSecrets)) return;
    await cluster.unwatch();
  }
}
