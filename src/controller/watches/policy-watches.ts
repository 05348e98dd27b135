import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { OPERATOR } from '../../api/group.js';
import type { PolicyObject, RenderedPolicy } from '../../engines/policy.js';
import { WEBHOOK_CONFIGURATIONS } from '../../engines/webhooks.js';
import type { Engine } from '../../engines/engine.js';
import { ENGINE_KINDS, ENGINES } from '../../engines/engines.js';
import type { PolicyEngine } from '../../engines/settings.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import { applySpec } from '../../kubernetes/apply-spec.js';
import { specOwners } from '../../kubernetes/field-owners.js';
import { isKubernetesError, KubernetesError } from '../../kubernetes/errors.js';
import { Informer } from '../../kubernetes/cache/informer.js';
import { slim } from '../../kubernetes/cache/slim.js';
import type { SpecOwner } from '../../kubernetes/field-owners.js';
import type { KubernetesObject, Resource } from '../../kubernetes/objects.js';
import type { Log } from '../../log.js';
import type { WritablePolicies } from '../../policies/apply.js';
import { isOurs } from '../../engines/metadata/names.js';
import type { LivePolicy } from '../../policies/observe/live.js';
import type { Knowledge, ReadablePolicies } from '../../policies/observe/picture.js';
import type { Reading } from '../checks.js';
import { ReadProblem } from './read-problem.js';

const isOther = ({ manager }: SpecOwner): boolean => manager !== OPERATOR;

type WebhookConfiguration = V1MutatingWebhookConfiguration & KubernetesObject;
type PolicyInformer = Informer<KubernetesObject>;

interface PolicyWatchesOptions {
  readonly api: KubernetesApi;
  readonly log: Log;
  /** Whether a mirror says that it is in a policy of this kind, or may say so. */
  readonly isNamed: (kind: PolicyEngine) => boolean;
}

/** A collection that is watched. */
export interface Collection extends Pick<Reading, 'what' | 'mayBeMissing'> {
  readonly informer: Pick<Informer<KubernetesObject>, 'start' | 'stop' | 'trouble' | 'silentMs'>;
}

/** The policies in the cluster: local copies to read, the API server to write. */
export class PolicyWatches implements ReadablePolicies, WritablePolicies {
  readonly webhookInformer: Informer<WebhookConfiguration>;
  readonly #options: PolicyWatchesOptions;
  readonly #policies: ReadonlyMap<PolicyEngine, PolicyInformer>;
  /** Of the engines that have some. */
  readonly #bindings: ReadonlyMap<PolicyEngine, PolicyInformer>;
  /** By the collection's plural. */
  readonly #problems = new Map<string, ReadProblem>();
  readonly #handlers: (() => void)[] = [];
  /** Who else has written into the spec of an object. */
  readonly #editors = new WeakMap<KubernetesObject, readonly string[]>();

  constructor(options: PolicyWatchesOptions) {
    this.#options = options;
    const onError = this.#warn(WEBHOOK_CONFIGURATIONS);
    this.webhookInformer = new Informer<WebhookConfiguration>(options.api, WEBHOOK_CONFIGURATIONS, { onError });
    const engines = Object.values(ENGINES);
    this.#policies = new Map(engines.map(({ kind, resource }) => [kind, this.#informer(kind, resource)]));
    this.#bindings = new Map(
      engines.flatMap(({ kind, binding }) =>
        binding === undefined ? [] : [[kind, this.#informer(kind, binding.resource)]],
      ),
    );
  }

  collections(): readonly Collection[] {
    const all = Object.values(ENGINES).flatMap((engine) => this.#collectionsOf(engine));
    return [
      { what: WEBHOOK_CONFIGURATIONS.plural, informer: this.webhookInformer, mayBeMissing: false },
      ...all.map(({ resource, informer }) => ({ what: resource.plural, informer, mayBeMissing: true })),
    ];
  }

  webhooks(): readonly V1MutatingWebhookConfiguration[] {
    return this.webhookInformer.list();
  }

  policies(): readonly LivePolicy[] {
    return [...this.#policies].flatMap(([kind, informer]) => informer.list().filter(isOurs).map(this.#live(kind)));
  }

  knowledge(kind: PolicyEngine): Knowledge {
    const needed = this.#collectionsOf(ENGINES[kind]);
    const problem = needed
      .map(({ resource }) => this.#problems.get(resource.plural)?.knowledge)
      .find((each) => each !== undefined);
    if (problem !== undefined) return problem;
    return { kind: needed.every(({ informer }) => informer.hasSynced) ? 'known' : 'reading' };
  }

  /** Whether it is known of each kind of policy what there is, or that the API server has no such kind. */
  get isKnown(): boolean {
    return ENGINE_KINDS.every((engine) => ['known', 'missing'].includes(this.knowledge(engine).kind));
  }

  /** Whether each kind of policy was read, or could not be: what can't be read doesn't keep the others from being written. */
  get isAsked(): boolean {
    return ENGINE_KINDS.every((engine) => this.knowledge(engine).kind !== 'reading');
  }

  /** Calls `handler` after each change of a policy or binding of ours, and of what is known. */
  onChange(handler: () => void): void {
    this.#handlers.push(handler);
    for (const informer of [...this.#policies.values(), ...this.#bindings.values()]) {
      informer.onChange(({ object, previous }) => {
        if (isOurs(object) || (previous !== undefined && isOurs(previous))) handler();
      });
    }
  }

  async applyPolicy({ kind, object, binding }: RenderedPolicy): Promise<LivePolicy> {
    this.#refuseForeign(kind, object.metadata.name);
    const applied = await this.#apply(this.#policies.get(kind), object);
    if (binding !== undefined) await this.#apply(this.#bindings.get(kind), binding);
    return this.#live(kind)(applied);
  }

  async deletePolicy(kind: PolicyEngine, name: string): Promise<void> {
    await this.#delete(this.#bindings.get(kind), name);
    await this.#delete(this.#policies.get(kind), name);
  }

  /** Writes an object in the version of its API that the cluster serves. */
  async #apply(informer: PolicyInformer | undefined, object: PolicyObject): Promise<KubernetesObject> {
    if (informer === undefined) throw new Error(`Nobody watches ${object.kind} objects.`);
    const { resource } = informer;
    const body = { ...object, apiVersion: `${resource.group}/${resource.version}` };
    const { name } = object.metadata;
    return await informer.write(name, async () => {
      const known = informer.get(name);
      return await applySpec(this.#options.api, { resource, body, known, fieldManager: OPERATOR });
    });
  }

  async #delete(informer: PolicyInformer | undefined, name: string): Promise<void> {
    if (informer === undefined) return;
    const { api } = this.#options;
    const { resource } = informer;
    // What was written a moment ago, without an answer, the watch may not have told of yet.
    const there = informer.get(name) ?? (await api.get(resource, name));
    if (there === undefined || !isOurs(there)) return;
    const held = await api.delete(resource, there);
    if (held === undefined) informer.forget(there);
    else informer.observe(held);
  }

  /** Somebody else may have thought of the same name; what isn't ours is not for us to change. */
  #refuseForeign(kind: PolicyEngine, name: string): void {
    const there = [this.#policies, this.#bindings].map((informers) => informers.get(kind)?.get(name));
    const foreign = there.find((object) => object !== undefined && !isOurs(object));
    if (foreign === undefined) return;
    const what = `${foreign.kind ?? kind} ${name}`;
    throw new KubernetesError(
      'forbidden',
      `There is a ${what} that this operator didn't make. Delete it, or rename it.`,
    );
  }

  #live(kind: PolicyEngine): (object: KubernetesObject) => LivePolicy {
    return (object) => {
      const binding = this.#bindings.get(kind)?.get(object.metadata.name);
      const found = [object, ...(binding === undefined || !isOurs(binding) ? [] : [binding])];
      const editors = new Set(found.flatMap((each) => this.#editors.get(each) ?? []));
      return {
        kind,
        object,
        ...(found[1] && { binding: found[1] }),
        ...(editors.size > 0 && { editors: [...editors] }),
      };
    };
  }

  /** What has to be read to know an engine's policies. */
  #collectionsOf({ kind, resource, binding }: Engine): readonly { resource: Resource; informer: PolicyInformer }[] {
    const [policies, bindings] = [this.#policies.get(kind), this.#bindings.get(kind)];
    return [
      ...(policies === undefined ? [] : [{ resource, informer: policies }]),
      ...(binding === undefined || bindings === undefined ? [] : [{ resource: binding.resource, informer: bindings }]),
    ];
  }

  /** All of a kind, since somebody may take the label away from one of ours. */
  #informer(kind: PolicyEngine, resource: Resource): PolicyInformer {
    const warn = this.#warn(resource);
    const problem = new ReadProblem(() => performance.now());
    this.#problems.set(resource.plural, problem);
    const change = (what: () => void): void => {
      const before = problem.knowledge?.kind;
      what();
      if (problem.knowledge?.kind !== before) for (const handler of this.#handlers) handler();
    };
    const onReadable = (): void => {
      change(() => {
        problem.clear();
      });
    };
    const informer: PolicyInformer = new Informer(this.#options.api, resource, {
      take: (object) => {
        const kept = slim(object);
        const others = specOwners(object).filter(isOther);
        if (others.length > 0) this.#editors.set(kept, others.map(({ manager }) => manager).sort());
        return kept;
      },
      onError: (error) => {
        change(() => {
          const { hasSynced } = informer;
          const isInUse = hasSynced ? informer.list().some(isOurs) : this.#options.isNamed(kind);
          problem.note(error, { hasSynced, isInUse });
        });
        warn(error);
      },
      onList: onReadable,
      onWatch: onReadable,
    });
    return informer;
  }

  #warn({ plural }: Resource): (error: unknown) => void {
    return (error) => {
      const level = isKubernetesError(error, 'notFound') ? 'debug' : 'warn';
      this.#options.log[level](`Watching ${plural} failed; trying again.`, { error });
    };
  }
}
