import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { OPERATOR } from '../api/group.js';
import type { RenderedPolicy } from '../engines/policy.js';
import { BINDINGS, POLICY_RESOURCES, WEBHOOK_CONFIGURATIONS } from '../engines/resources.js';
import type { PolicyEngine } from '../engines/settings.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import { Informer } from '../kubernetes/informer.js';
import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import type { Log } from '../log.js';
import type { WritablePolicies } from '../policies/apply.js';
import { isOurs } from '../policies/live.js';
import type { LivePolicy } from '../policies/live.js';
import { ENGINES } from '../policies/picture.js';
import type { Knowledge, ReadablePolicies } from '../policies/picture.js';
import type { Reading } from './checks.js';

type WebhookConfiguration = V1MutatingWebhookConfiguration & KubernetesObject;
type PolicyInformer = Informer<KubernetesObject>;

export interface PolicyWatchesOptions {
  readonly api: KubernetesApi;
  readonly log: Log;
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
  readonly #bindings: PolicyInformer;
  /** What keeps a collection from being read, by its plural. */
  readonly #problems = new Map<string, Knowledge>();
  readonly #handlers: (() => void)[] = [];

  constructor(options: PolicyWatchesOptions) {
    this.#options = options;
    const onError = this.#warn(WEBHOOK_CONFIGURATIONS);
    this.webhookInformer = new Informer<WebhookConfiguration>(options.api, WEBHOOK_CONFIGURATIONS, { onError });
    this.#bindings = this.#informer(BINDINGS);
    this.#policies = new Map(ENGINES.map((engine) => [engine, this.#informer(POLICY_RESOURCES[engine])]));
  }

  collections(): readonly Collection[] {
    const policies = [...this.#policies].map(([engine, informer]) => ({
      what: POLICY_RESOURCES[engine].plural,
      informer,
      mayBeMissing: true,
    }));
    return [
      { what: WEBHOOK_CONFIGURATIONS.plural, informer: this.webhookInformer, mayBeMissing: false },
      ...policies,
      { what: BINDINGS.plural, informer: this.#bindings, mayBeMissing: true },
    ];
  }

  webhooks(): readonly V1MutatingWebhookConfiguration[] {
    return this.webhookInformer.list();
  }

  policies(): readonly LivePolicy[] {
    return [...this.#policies].flatMap(([kind, informer]) => informer.list().filter(isOurs).map(this.#live(kind)));
  }

  knowledge(kind: PolicyEngine): Knowledge {
    const { plural } = POLICY_RESOURCES[kind];
    const needsBindings = kind === 'MutatingAdmissionPolicy';
    const problem = this.#problems.get(plural) ?? (needsBindings ? this.#problems.get(BINDINGS.plural) : undefined);
    if (problem !== undefined) return problem;
    const isRead = this.#policies.get(kind)?.hasSynced === true && (!needsBindings || this.#bindings.hasSynced);
    return { kind: isRead ? 'known' : 'reading' };
  }

  /** Whether it is known of each kind of policy what there is, or that the API server has no such kind. */
  get isKnown(): boolean {
    return ENGINES.every((engine) => ['known', 'missing'].includes(this.knowledge(engine).kind));
  }

  /** Whether each kind of policy was read, or could not be: what can't be read doesn't keep the others from being written. */
  get isAsked(): boolean {
    return ENGINES.every((engine) => this.knowledge(engine).kind !== 'reading');
  }

  /** Calls `handler` after each change of a policy or binding of ours, and of what is known. */
  onChange(handler: () => void): void {
    this.#handlers.push(handler);
    for (const informer of [...this.#policies.values(), this.#bindings]) {
      informer.onChange(({ object, previous }) => {
        if (isOurs(object) || (previous !== undefined && isOurs(previous))) handler();
      });
    }
  }

  async applyPolicy({ kind, object, binding }: RenderedPolicy): Promise<LivePolicy> {
    const { api } = this.#options;
    const options = { fieldManager: OPERATOR };
    const applied = await api.patch(POLICY_RESOURCES[kind], object.metadata.name, 'apply', object, options);
    this.#policies.get(kind)?.observe(applied);
    if (binding !== undefined) {
      this.#bindings.observe(await api.patch(BINDINGS, binding.metadata.name, 'apply', binding, options));
    }
    return this.#live(kind)(applied);
  }

  async deletePolicy(kind: PolicyEngine, name: string): Promise<void> {
    const { api } = this.#options;
    if (kind === 'MutatingAdmissionPolicy') {
      await api.delete(BINDINGS, name);
      this.#bindings.forget(name);
    }
    await api.delete(POLICY_RESOURCES[kind], name);
    this.#policies.get(kind)?.forget(name);
  }

  #live(kind: PolicyEngine): (object: KubernetesObject) => LivePolicy {
    return (object) => {
      const binding = kind === 'MutatingAdmissionPolicy' ? this.#bindings.get(object.metadata.name) : undefined;
      return { kind, object, ...(binding === undefined ? {} : { binding }) };
    };
  }

  /** All of a kind, since somebody may take the label away from one of ours. */
  #informer(resource: Resource): PolicyInformer {
    const warn = this.#warn(resource);
    const onReadable = (): void => {
      this.#setProblem(resource, undefined);
    };
    const informer: PolicyInformer = new Informer(this.#options.api, resource, {
      onError: (error) => {
        const problem = problemOf(error, informer.hasSynced);
        if (problem !== undefined) this.#setProblem(resource, problem);
        warn(error);
      },
      onList: onReadable,
      onWatch: onReadable,
    });
    return informer;
  }

  /** @param problem - undefined: the collection can be read */
  #setProblem({ plural }: Resource, problem: Knowledge | undefined): void {
    const before = this.#problems.get(plural);
    if (problem === undefined) this.#problems.delete(plural);
    else this.#problems.set(plural, problem);
    if (before?.kind !== problem?.kind) for (const handler of this.#handlers) handler();
  }

  #warn({ plural }: Resource): (error: unknown) => void {
    return (error) => {
      const level = isKubernetesError(error, 'notFound') ? 'debug' : 'warn';
      this.#options.log[level](`Watching ${plural} failed; trying again.`, { error });
    };
  }
}

/** Only an API server that says so lacks a kind. What was read stays known through an outage, but not without the right to read it. */
function problemOf(error: unknown, wasRead: boolean): Knowledge | undefined {
  if (isKubernetesError(error, 'notFound')) return { kind: 'missing' };
  if (wasRead && !isKubernetesError(error, 'forbidden', 'unauthorized')) return undefined;
  return { kind: 'unreadable', message: error instanceof Error ? error.message : String(error) };
}
