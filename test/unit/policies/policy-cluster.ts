import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { policyEntry } from '../../../src/engines/entry.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { namesEngine } from '../../../src/engines/auto.js';
import { policyName } from '../../../src/engines/metadata/names.js';
import { policySettings } from '../../../src/engines/settings.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { Policies } from '../../../src/policies/policies.js';
import type { WritablePolicies } from '../../../src/policies/apply.js';
import { keyOfPolicy } from '../../../src/policies/observe/live.js';
import type { Knowledge, ReadablePolicies } from '../../../src/policies/observe/picture.js';
import type { LivePolicy } from '../../../src/policies/observe/live.js';
import type { Pace, PolicyState, RoutingDecision } from '../../../src/policies/state.js';
import { mirror } from '../mirror/mirror.js';

type Conditions = readonly { readonly name: string; readonly expression: string }[];

/** A policy, and when the API server asks Kyverno about a Pod because of it. */
export type FakePolicy = LivePolicy & { readonly conditions: Conditions };

/** A cluster of policies in which time goes by, and Kyverno acts, when the test says so. */
export class FakePolicyCluster implements ReadablePolicies, WritablePolicies {
  readonly mirrorsByName = new Map<string, RegistryMirror>();
  readonly live = new Map<string, FakePolicy>();
  readonly writes: string[] = [];
  readonly missing = new Set<PolicyEngine>();
  /** Kinds that can't be read, and why. */
  readonly unreadable = new Map<PolicyEngine, string>();
  readonly problems: string[] = [];
  readonly altered: string[] = [];
  /** What other webhooks make of a policy that is written. */
  alter: (object: RenderedPolicy['object']) => RenderedPolicy['object'] = (object) => object;
  /** What the API server says to a write. */
  refuse: (policy: RenderedPolicy) => Error | undefined = () => undefined;
  now = 1_000_000;
  dues = 0;
  changed: string[] = [];
  /** What {@link changed} was told with. */
  readonly looks: { readonly mirror: string; readonly state: PolicyState }[] = [];
  readonly paces: Pace[] = [];
  #webhooks: readonly V1MutatingWebhookConfiguration[] = [];
  #lateWebhooks: readonly V1MutatingWebhookConfiguration[] = [];
  #wakes: readonly number[] = [];
  #observer: Policies | undefined;

  /** As the operator's setting says; undefined: the default. */
  mirrorsPerPolicy: number | undefined;

  /** The operator's policies, anew; when a sync says that it is to be called again, {@link pass} makes it due. */
  open(): Policies {
    const policies = new Policies({
      cluster: this,
      mirrors: { mirror: (name) => this.mirrorsByName.get(name), mirrors: () => [...this.mirrorsByName.values()] },
      excludedNamespaces: ['kube-*'],
      ...(this.mirrorsPerPolicy === undefined ? {} : { mirrorsPerPolicy: this.mirrorsPerPolicy }),
      now: () => this.now,
      onDue: (pace) => {
        this.dues += 1;
        this.paces.push(pace);
      },
      onStateChange: (mirror, state) => {
        this.changed.push(mirror);
        this.looks.push({ mirror, state });
      },
      onWrite: (action, _kind, name) => this.writes.push(`${action} ${name}`),
      onProblem: (_kind, name, error) => this.problems.push(`${name}: ${String(error)}`),
      onAltered: (_kind, name) => this.altered.push(name),
    });
    const sync = policies.sync.bind(policies);
    policies.sync = async (isWhole) => {
      const wakeInMs = await sync(isWhole);
      this.#wakes = wakeInMs === Infinity ? [] : [this.now + wakeInMs];
      return wakeInMs;
    };
    this.#observer = policies;
    return policies;
  }

  policies(): readonly LivePolicy[] {
    return [...this.live.values()];
  }

  knowledge(kind: PolicyEngine): Knowledge {
    const message = this.unreadable.get(kind);
    if (message !== undefined) return { kind: 'unreadable', message };
    return { kind: this.missing.has(kind) ? 'missing' : 'known' };
  }

  webhooks(): readonly V1MutatingWebhookConfiguration[] {
    return this.#webhooks;
  }

  applyPolicy(policy: RenderedPolicy): Promise<LivePolicy> {
    const error = this.refuse(policy);
    if (error !== undefined) return Promise.reject(error);
    const { kind, object, binding = this.live.get(keyOfPolicy(policy))?.binding } = policy;
    const spec = object.spec as {
      webhookConfiguration?: { matchConditions: Conditions };
      matchConditions?: Conditions;
    };
    const conditions = spec.webhookConfiguration?.matchConditions ?? spec.matchConditions ?? [];
    const live = { kind, object: this.alter(object), conditions, ...(binding && { binding }) };
    this.live.set(keyOfPolicy(policy), live);
    return Promise.resolve(live);
  }

  deletePolicy(kind: PolicyEngine, name: string): Promise<void> {
    this.live.delete(keyOfPolicy({ kind, name }));
    return Promise.resolve();
  }

  /** Kyverno's webhooks become what its policies ask for. */
  kyvernoActs(): void {
    this.#webhooks = this.#wantedWebhooks();
  }

  /** Kyverno is slow: its webhooks become what its policies asked for when this was called last. */
  kyvernoActsLate(): void {
    this.#webhooks = this.#lateWebhooks;
    this.#lateWebhooks = this.#wantedWebhooks();
  }

  #wantedWebhooks(): readonly V1MutatingWebhookConfiguration[] {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- as it comes from the API server
    return [...this.live.values()]
      .filter(({ kind }) => kind !== 'MutatingAdmissionPolicy')
      .map(({ object, conditions }) => ({
        webhooks: [
          {
            name: `mutate.kyverno.svc-fail-finegrained-${object.metadata.name}`,
            matchConditions: [...conditions],
            admissionReviewVersions: ['v1'],
            clientConfig: {},
            sideEffects: 'None',
          },
        ],
      }));
  }

  /** Kyverno is uninstalled, and its webhooks with it. */
  withoutWebhooks(): void {
    this.#webhooks = [];
  }

  pass(ms: number): void {
    this.now += ms;
    this.dues += this.#wakes.filter((at) => at <= this.now).length;
    this.#wakes = this.#wakes.filter((at) => at > this.now);
    this.#observer?.observe();
  }

  /** Syncs, lets Kyverno act and time go by until nothing is due any more. */
  async settle(policies: Policies): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      this.dues = 0;
      await policies.sync();
      this.kyvernoActs();
      policies.observe();
      this.pass(2500);
      policies.observe();
      if (this.dues === 0) return;
    }
    throw new Error(`does not end: ${this.writes.join(', ')}`);
  }

  /** Adds or changes a mirror's object. */
  set(name: string, rewrite: object = {}, hosts: readonly string[] = [`${name}.io`]): RegistryMirror {
    const object = mirror(name, { spec: { upstream: { type: 'quay', hosts }, rewrite } });
    this.mirrorsByName.set(name, object);
    return object;
  }

  /** How many policies that the API server acts on, by what Kyverno last registered, have a mirror's host. */
  contentsOf(mirror: string): number {
    const bound = [...this.live.values()].filter(({ binding }) => binding !== undefined);
    const conditions = [
      ...this.#webhooks.flatMap(({ webhooks = [] }) => webhooks.map(({ matchConditions }) => matchConditions)),
      ...bound.map((policy) => policy.conditions),
    ];
    return conditions.filter((found) => JSON.stringify(found).includes(`${mirror}.io`)).length;
  }

  /** The mirrors that a policy lists. */
  listed(policy: string, kind: PolicyEngine = 'ClusterPolicy'): readonly string[] {
    const found = this.live.get(keyOfPolicy({ kind, name: policy }));
    const text = found?.object.metadata.annotations?.['registrymirror.io/mirrors'] ?? '[]';
    return (JSON.parse(text) as readonly { readonly mirror: string }[]).map((entry) => entry.mirror);
  }
}

/** The decision to include a mirror as its spec has it. */
export function included(object: RegistryMirror): RoutingDecision {
  const settings = policySettings(object.spec);
  if (settings === undefined) throw new Error('its engine is None');
  return { kind: 'include', entry: policyEntry(object, `harbor/${object.metadata.name}`), settings };
}

/** The policy that a mirror belongs into. */
export function homeOf(object: RegistryMirror): string {
  const settings = policySettings(object.spec);
  if (settings === undefined || !namesEngine(settings)) throw new Error('it names no engine');
  return policyName(settings);
}
