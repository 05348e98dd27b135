import { ANNOTATIONS, FINALIZER } from '../../api/group.js';
import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName, upstreamHosts } from '../../api/spec/upstream-types.js';
import { HarborError } from '../../harbor/http/errors.js';
import { formerHarborsOf } from '../../api/former-harbors.js';
import { leftIn } from './former-harbors.js';
import type { FormerHarborsRetirement } from './former-harbors.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { Policies } from '../../policies/policies.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import type { MayLeave } from '../../pull-secrets/logins/robot-removal.js';
import type { MirrorCluster } from '../mirror-cluster.js';
import type { Action } from '../plan/actions.js';
import type { PreconditionOptions } from '../look/preconditions.js';
import { verdictOf } from '../../harbor/outcome.js';
import { remove } from './remove.js';
import type { Precondition } from '../plan/preconditions.js';
import { holdsFor } from '../look/preconditions.js';
import { sameStatus } from '../status/same-status.js';
import { summarise } from '../status/summarise.js';
import type { Emptied, PolicyState } from '../../policies/state.js';
import type { Read } from '../../credentials/secrets.js';
import type { Verdict } from '../../api/verdict.js';
import { waiting } from '../../api/verdict.js';
import type { WorkResult } from '../../kubernetes/queue/work-result.js';

interface DeletionOptions extends PreconditionOptions {
  readonly cluster: PreconditionOptions['cluster'] & Pick<MirrorCluster, 'setFinalizers' | 'writeStatus' | 'announce'>;
  readonly harbors: PreconditionOptions['harbors'] & Pick<Harbors, 'sessionFor'>;
  readonly policies: PreconditionOptions['policies'] & Pick<Policies, 'decide' | 'forget'>;
  readonly pullSecrets: Pick<PullSecrets, 'release'>;
  readonly clusterId: string;
  /** ms since 1970. */
  readonly now: () => number;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
}

const RETRY_MS = 2000;
const POLICY_LEFT = 'Its policy may still send Pods there, until the operator has written it anew.';
/** How long the policies may take to be in force without the mirror before the status says so. */
const POLICY_GRACE_MS = 6000;

/** Whether the mirror is to be let go of, whatever stands in Harbor. */
export function isAbandoned({ metadata }: RegistryMirror): boolean {
  return metadata.annotations?.[ANNOTATIONS.abandon] === 'true';
}

/** Whether nothing goes that a Pod may still be sent to, or needs there. */
function leavesAllAsItIs({ spec: { deletionPolicy, rewrite } }: RegistryMirror): boolean {
  return deletionPolicy === 'Retain' && rewrite.pullSecret !== 'Inject';
}

/** The names that a project of this mirror's has or had in this Harbor. */
export function projectNamesOf(mirror: RegistryMirror, url: string): readonly string[] {
  const present = mirror.status.harbor?.url === url ? mirror.status.harbor.projectName : undefined;
  return [...new Set([present, projectName(mirror)])].filter((name) => name !== undefined);
}

/** What is left in the mirror's present Harbor with Retain, as far as that is known without a call. */
function retainedAt({ status: { harbor } }: RegistryMirror, url: string): readonly string[] {
  if (harbor?.url !== url || harbor.projectName === undefined) return [];
  const what = `project ${harbor.projectName} and its endpoint`;
  return [harbor.projectID === undefined ? `whatever of ${what} is there (Retain)` : `${what} (Retain)`];
}

/**
 * What a deleted mirror goes through: out of the policies first, then Harbor by `deletionPolicy`, the finalizer last. Suspension
 * doesn't stop it. Pods that are there already are untouched.
 */
export class Deletion {
  readonly #options: DeletionOptions;
  readonly #formerHarbors: FormerHarborsRetirement;

  constructor(options: DeletionOptions, formerHarbors: FormerHarborsRetirement) {
    this.#options = options;
    this.#formerHarbors = formerHarbors;
  }

  /**
   * One look at a mirror that is being deleted.
   *
   * @returns when to look again; undefined once the operator has let go of it
   * @throws KubernetesError where the cluster can't be written to
   */
  async reconcile(mirror: RegistryMirror): Promise<WorkResult | undefined> {
    const { policies } = this.#options;
    const { name, finalizers = [] } = mirror.metadata;
    policies.decide(name, { kind: 'withdraw' });
    if (!finalizers.includes(FINALIZER)) return undefined;
    const policy = policies.state(name);
    if (isAbandoned(mirror)) {
      await this.#letGo(mirror, await this.#abandoned(mirror), policy);
      return undefined;
    }
    if (policy.kind === 'pending' || policy.kind === 'unknown') {
      const overdue = policy.forMs > POLICY_GRACE_MS;
      if (overdue) {
        const waits = 'Waiting until no policy in force names this mirror; then its objects in Harbor are dealt with.';
        const message = policy.message === undefined ? waits : `${waits} ${policy.message}`;
        await this.#report(mirror, waiting(REASONS.deleting, message), policy);
      }
      return { requeueAfterMs: overdue ? RETRY_MS : POLICY_GRACE_MS };
    }
    if (policy.kind === 'absent' && policy.emptied !== undefined) {
      return await this.#waitForPolicy(mirror, policy.emptied);
    }
    const outdatedMs = leavesAllAsItIs(mirror) ? 0 : policies.outdatedForMs(name);
    if (outdatedMs > 0) return { requeueAfterMs: outdatedMs === Infinity ? RETRY_MS : outdatedMs };
    const removal = await this.#removeFromHarbor(mirror);
    if (!removal.ok) {
      await this.#report(mirror, removal.problem);
      return { retryAfterMs: RETRY_MS };
    }
    await this.#letGo(mirror, removal.value, policy);
    return undefined;
  }

  /** The mirror takes its policy along where no operator is left to delete it, and so it goes after it. */
  async #waitForPolicy(mirror: RegistryMirror, { kind, name, message }: Emptied): Promise<WorkResult> {
    if (message !== undefined) {
      const waits = `Waiting until the ${kind} ${name}, which has no mirrors any more, is gone. ${message}`;
      await this.#report(mirror, waiting(REASONS.deleting, waits));
    }
    return { requeueAfterMs: RETRY_MS };
  }

  async #letGo(mirror: RegistryMirror, left: readonly string[], policy: PolicyState): Promise<void> {
    const { cluster, policies } = this.#options;
    const finalizers = (mirror.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    await cluster.setFinalizers(mirror, finalizers);
    policies.forget(mirror.metadata.name);
    const isOut = policy.kind === 'absent';
    const sentences = [
      isOut ? 'The mirror is out of the policies and gone.' : `The mirror is let go of. ${POLICY_LEFT}`,
      ...(left.length === 0 ? [] : [`Left in Harbor: ${left.join(', ')}.`]),
    ];
    await cluster.announce(mirror, isOut ? 'Normal' : 'Warning', REASONS.deleted, sentences.join(' '));
  }

  /** @returns what may be left of a mirror that is let go of at once */
  async #abandoned(mirror: RegistryMirror): Promise<readonly string[]> {
    const { harbors, pullSecrets } = this.#options;
    const url = harbors.urlFor(mirror);
    const projects = projectNamesOf(mirror, url).join(', ');
    const robots = await pullSecrets.release(mirror, 'anything');
    const here = `whatever of project ${projects} and its endpoint is there (abandoned)`;
    return [...robots, here, ...formerHarborsOf(mirror, url).map((harbor) => leftIn(harbor, 'abandoned'))];
  }

  /** @returns what is left in Harbor, or why it isn't done yet */
  async #removeFromHarbor(mirror: RegistryMirror): Promise<Read<readonly string[]>> {
    const url = this.#options.harbors.urlFor(mirror);
    const former = formerHarborsOf(mirror, url);
    const removal: Read<readonly string[]> =
      mirror.spec.deletionPolicy === 'Retain'
        ? await this.#retainInPresent(mirror, url)
        : await this.#removeFromPresent(mirror, new Set(projectNamesOf(mirror, url)));
    if (!removal.ok) return { ok: false, problem: this.#blocked(removal.problem) };
    const left = [...removal.value];
    for (const harbor of former) {
      const retired = await this.#formerHarbors.retire(mirror, harbor);
      if (!retired.ok) return { ok: false, problem: this.#blocked(retired.problem) };
      left.push(...retired.value);
    }
    return { ok: true, value: left };
  }

  async #removeFromPresent(
    mirror: RegistryMirror,
    projectNames: ReadonlySet<string>,
  ): Promise<Read<readonly string[]>> {
    const { harbors, clusterId, onAction } = this.#options;
    // What is no url is no Harbor, and nothing was ever made there.
    if (!URL.canParse(harbors.urlFor(mirror))) return await this.#release(mirror, 'anything');
    const session = harbors.sessionFor(mirror);
    if (!session.ok) return session;
    const identity = { clusterId, mirror: mirror.metadata.name };
    const requires: readonly Precondition[] = [{ kind: 'inNoPolicy' }];
    const holds = holdsFor(mirror, this.#options);
    const removal = await remove({ session: session.value, identity, projectNames, requires, holds, onAction });
    if (!removal.ok) return removal;
    // Robot accounts go with their project. What is left is in one that stays, and takes a permission that all else does without.
    const release = await this.#release(mirror, 'nothing');
    return release.ok ? removal : release;
  }

  /** One call that fails is no reason to leave robot accounts; but with Retain nobody waits for a Harbor that may be gone for good, nor for a person. */
  async #retainInPresent(mirror: RegistryMirror, url: string): Promise<Read<readonly string[]>> {
    const release = await this.#release(mirror, 'what may last');
    return release.ok ? { ok: true, value: [...retainedAt(mirror, url), ...release.value] } : release;
  }

  async #release(mirror: RegistryMirror, mayLeave: MayLeave): Promise<Read<readonly string[]>> {
    try {
      return { ok: true, value: await this.#options.pullSecrets.release(mirror, mayLeave) };
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return { ok: false, problem: verdictOf(error) };
    }
  }

  #blocked(verdict: Verdict): Verdict {
    if (verdict.kind === 'ready') return verdict;
    const way = `To let go without deleting, set the annotation ${ANNOTATIONS.abandon}: "true".`;
    return waiting(verdict.reason, `${verdict.message} ${way}`);
  }

  async #report(mirror: RegistryMirror, verdict: Verdict, policy: PolicyState = { kind: 'absent' }): Promise<void> {
    const { cluster, now } = this.#options;
    const status = summarise({
      mirror,
      hosts: upstreamHosts(mirror.spec),
      verdict,
      harbor: undefined,
      policy,
      former: { list: mirror.status.formerHarbors ?? [] },
      heldBack: [],
      now: new Date(now()).toISOString(),
    });
    if (!sameStatus(mirror.status, status)) await cluster.writeStatus(mirror, status);
  }
}
