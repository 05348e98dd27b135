import type { RegistryMirror } from '../api/registry-mirror.js';
import { HarborError } from '../harbor/http/errors.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { HarborLookResult } from '../mirror/look-result.js';
import type { Policies } from '../policies/policies.js';
import { keyOfCopy, planCopies } from './copies.js';
import type { CopyAction } from './copies.js';
import { PullLogins } from './logins.js';
import type { PullLoginsOptions } from './logins.js';
import { accessProblem, blocked, foreignSecrets, refusedWrite, usesPullSecrets } from './problems.js';
import type { PullSecret } from './pull-secret.js';
import { Since } from '../clock/since.js';
import type { Verdict } from '../api/verdict.js';

export interface PullSecretsOptions extends PullLoginsOptions {
  readonly policies: Pick<Policies, 'injectedPrefixes' | 'has' | 'state'>;
  readonly excludedNamespaces: readonly string[];
  /** How long a Secret stays that no policy names any more: Pods that were made before may have yet to pull. */
  readonly retireAfterMs: number;
  /** Whether it is known what the policies in the cluster have. */
  readonly knowsPolicies: () => boolean;
  /** Something could not be cleaned up. */
  readonly onLeft: (mirror: string, what: string) => void;
}

/** How soon Secrets that Pods may still be told to use are looked at again. */
const STILL_USED_MS = 2000;

/** What Pods may be using, and when something of it may not be any more. */
interface Usage {
  readonly used: readonly PullSecret[];
  readonly lookAgainMs: number | undefined;
}

/** Copies that are written at the same time. */
const PARALLEL = 8;

/**
 * Pull Secrets: a pull-only robot account per mirror, its Secret in the operator's namespace, and copies of that wherever Pods
 * are rewritten. A Secret is there before the policy names it, and goes after no policy does.
 */
export class PullSecrets {
  readonly #options: PullSecretsOptions;
  readonly #logins: PullLogins;
  readonly #since: Since;

  constructor(options: PullSecretsOptions) {
    this.#options = options;
    this.#since = new Since(options.now);
    this.#logins = new PullLogins(options);
  }

  /**
   * Goes behind the look at a mirror's Harbor side: what the mirror is to serve, it does only with its Secrets in place.
   *
   * @throws KubernetesError where the API server can't be written to
   */
  async settle(mirror: RegistryMirror, look: HarborLookResult): Promise<HarborLookResult> {
    const isWanted = usesPullSecrets(mirror);
    if (!isWanted && this.#logins.of(mirror).length === 0) return look;
    const access = await this.#options.cluster.watch();
    if (access !== 'ready') return isWanted ? blocked(look, accessProblem(access)) : look;
    try {
      return isWanted ? await this.#provide(mirror, look) : await this.#withdraw(mirror, look);
    } catch (error) {
      if (!isKubernetesError(error, 'forbidden')) throw error;
      return blocked(look, refusedWrite(error));
    }
  }

  /**
   * Takes everything away that was there for a mirror that goes. No policy names it any more.
   *
   * @param mayLeave - whether robot accounts may stay in a Harbor that can't be reached
   * @returns what is left in Harbor
   * @throws HarborError where something must not be left
   * @throws KubernetesError
   */
  async release(mirror: RegistryMirror, mayLeave: boolean): Promise<readonly string[]> {
    const secrets = this.#logins.of(mirror);
    const left: string[] = [];
    for (const secret of secrets) {
      try {
        await this.#logins.removeRobots(mirror, secret);
      } catch (error) {
        if (!(error instanceof HarborError) || !mayLeave) throw error;
        left.push(`a robot account for pulling from ${secret.record.pullPrefix} (it expires within 30 days)`);
      }
    }
    if (secrets.length > 0) await this.#dropAll(mirror, secrets);
    return left;
  }

  /** Whether Pods may still be told to pull from this Harbor with a robot account of the mirror's. */
  pullsFrom(mirror: RegistryMirror, harborUrl: string): boolean {
    return this.#logins.of(mirror).some(({ record }) => record.harbor === harborUrl);
  }

  async #provide(mirror: RegistryMirror, look: HarborLookResult): Promise<HarborLookResult> {
    const current = look.harbor?.pullPrefix;
    const problem = await this.#keepLogin(mirror, look);
    // Where Harbor could not be asked, what was served goes on being served.
    const usage =
      current === undefined ? { used: this.#logins.of(mirror), lookAgainMs: undefined } : this.#used(mirror, current);
    const { used, lookAgainMs } = usage;
    const conflict = await this.#spread(mirror, used);
    await this.#remove(mirror, used);
    const result = blocked(look, problem ?? conflict);
    const isThere = used.some(({ record }) => record.pullPrefix === current);
    const pulls = { ...result.pulls, canPull: result.pulls.canPull && isThere };
    return { ...result, pulls, ...sooner(look, look.verdict.kind === 'ready' ? lookAgainMs : undefined) };
  }

  async #withdraw(mirror: RegistryMirror, look: HarborLookResult): Promise<HarborLookResult> {
    const { used, lookAgainMs } = this.#used(mirror, undefined);
    await this.#spread(mirror, used);
    await this.#remove(mirror, used);
    return { ...look, ...sooner(look, lookAgainMs) };
  }

  /** A suspended mirror gets nothing new; what it serves goes on being served. */
  async #keepLogin(mirror: RegistryMirror, { verdict, harbor }: HarborLookResult): Promise<Verdict | undefined> {
    const isHeld = mirror.spec.suspend && !this.#options.policies.has(mirror.metadata.name);
    const { project, pullPrefix } = harbor ?? {};
    if (verdict.kind !== 'ready' || isHeld || !project || pullPrefix === undefined) return undefined;
    return await this.#logins.keep(mirror, { project, pullPrefix });
  }

  /**
   * The Secrets that Pods may be told to use, for what the mirror serves and for what a policy still names or may name, and those that Pods
   * were told to use until a moment ago.
   *
   * @param current - the pull prefix that the mirror is to serve
   */
  #used(mirror: RegistryMirror, current: string | undefined): Usage {
    const { policies, knowsPolicies, retireAfterMs } = this.#options;
    const { name } = mirror.metadata;
    const secrets = this.#logins.of(mirror);
    const mayChange = !knowsPolicies() || policies.state(name).kind === 'pending';
    const injected = policies.injectedPrefixes(name);
    const waits: number[] = [];
    const used = secrets.filter(({ record: { pullPrefix }, secret }) => {
      const isNamed = mayChange || injected.has(pullPrefix);
      if (isNamed && pullPrefix !== current) waits.push(STILL_USED_MS);
      const unusedMs = this.#since.elapsed(
        secret.metadata.name,
        isNamed || pullPrefix === current ? undefined : 'unused',
      );
      if (isNamed || pullPrefix === current) return true;
      if (unusedMs >= retireAfterMs) return false;
      waits.push(retireAfterMs - unusedMs);
      return true;
    });
    return { used, lookAgainMs: waits.length === 0 ? undefined : Math.min(...waits) };
  }

  /** Brings the copies to where they belong, and away from where they don't. */
  async #spread(mirror: RegistryMirror, wanted: readonly PullSecret[]): Promise<Verdict | undefined> {
    const { cluster, excludedNamespaces, onWrite } = this.#options;
    const { name } = mirror.metadata;
    const copies = cluster.copiesOf(name);
    const actions = planCopies({ mirror, wanted, copies, namespaces: cluster.namespaces(), excludedNamespaces });
    const foreign: string[] = [];
    const failures: unknown[] = [];
    const one = async (action: CopyAction): Promise<void> => {
      try {
        await cluster.carryOut(action);
        onWrite(name, describeCopy(action));
      } catch (error) {
        if (isKubernetesError(error, 'alreadyExists')) foreign.push(keyOfCopy(action.copy));
        else failures.push(error);
      }
    };
    const rest = actions.values();
    const worker = async (): Promise<void> => {
      for (const action of rest) await one(action);
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    if (failures.length > 0) throw failures[0];
    return foreign.length === 0 ? undefined : foreignSecrets(foreign);
  }

  /** Takes away the mirror's Secrets that aren't used any more, and their robot accounts. */
  async #remove(mirror: RegistryMirror, used: readonly PullSecret[]): Promise<void> {
    const { cluster, onLeft } = this.#options;
    const names = new Set(used.map(({ secret }) => secret.metadata.name));
    const unused = this.#logins.of(mirror).filter(({ secret }) => !names.has(secret.metadata.name));
    for (const pull of unused) {
      try {
        await this.#logins.removeRobots(mirror, pull);
      } catch (error) {
        if (!(error instanceof HarborError)) throw error;
        const what = `The robot account for ${pull.record.pullPrefix} could not be deleted; it expires within 30 days.`;
        onLeft(mirror.metadata.name, `${what} ${error.message}`);
      }
      await cluster.drop(pull.secret);
    }
    if (unused.length > 0) await this.#unwatchUnused(mirror);
  }

  async #dropAll(mirror: RegistryMirror, secrets: readonly PullSecret[]): Promise<void> {
    const { cluster } = this.#options;
    try {
      if ((await cluster.watch()) === 'ready') await this.#spread(mirror, []);
      for (const { secret } of secrets) await cluster.drop(secret);
    } catch (error) {
      // The rights were taken away: what is left goes with its owner, the mirror.
      if (!isKubernetesError(error, 'forbidden')) throw error;
    }
    await this.#unwatchUnused(mirror);
  }

  /** Without a mirror that needs it, nothing is watched. */
  async #unwatchUnused({ metadata }: RegistryMirror): Promise<void> {
    const { cluster } = this.#options;
    const isOther = (mirror: RegistryMirror): boolean =>
      mirror.metadata.name !== metadata.name || mirror.metadata.deletionTimestamp === undefined;
    if (cluster.pullSecrets().length > 0 || cluster.mirrors().filter(isOther).some(usesPullSecrets)) return;
    await cluster.unwatch();
  }
}

/** The sooner of two looks. */
function sooner(
  { lookAgainMs = Infinity }: HarborLookResult,
  otherMs = Infinity,
): Pick<HarborLookResult, 'lookAgainMs'> {
  const ms = Math.min(lookAgainMs, otherMs);
  return ms === Infinity ? {} : { lookAgainMs: ms };
}

function describeCopy({ kind, copy }: CopyAction): string {
  const verbs = { CreateCopy: 'create', UpdateCopy: 'update', DeleteCopy: 'delete' } as const;
  return `${verbs[kind]} pull Secret ${keyOfCopy(copy)}`;
}
