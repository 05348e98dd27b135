import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../src/api/registry-mirror.js';
import type { Secret } from '../../../src/credentials/secrets.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import { NOTHING_KNOWN, routingFacts, withPullResult } from '../../../src/mirror/look/look-result.js';
import type { HarborLookResult } from '../../../src/mirror/look/look-result.js';
import { routeOf } from '../../../src/mirror/routing.js';
import type { PolicyState } from '../../../src/policies/state.js';
import type { PullAccess, PullCluster } from '../../../src/pull-secrets/cluster.js';
import { namespacedName } from '../../../src/kubernetes/objects.js';
import type { CopyAction } from '../../../src/pull-secrets/copies.js';
import { isMirrorsOwn, isPullSecret, mirrorOf } from '../../../src/pull-secrets/pull-secret.js';
import { PullSecrets } from '../../../src/pull-secrets/pull-secrets.js';
import { mirror } from '../mirror/mirror.js';
import { FakeHarbor } from './fake-harbor.js';

export const OWN_NAMESPACE = 'registry-mirror-system';
export const RETIRE_AFTER_MS = 600_000;
export const PREFIX = 'harbor.test/team';

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject {
  return { metadata: { name, labels } };
}

/** A mirror of a private project whose Pods get pull Secrets. */
export function injecting(
  rewrite: object = {},
  more: { spec?: object; metadata?: object; status?: Partial<RegistryMirrorStatus> } = {},
): RegistryMirror {
  const spec = { project: { public: false }, rewrite: { pullSecret: 'Inject', ...rewrite }, ...more.spec };
  return mirror('team', { spec, metadata: more.metadata ?? {}, status: { observedGeneration: 1, ...more.status } });
}

/** A cluster and two Harbors in which time goes by when the test says so. */
export class PullWorld implements PullCluster {
  readonly namespace = OWN_NAMESPACE;
  /** The clock on the wall. */
  now = Date.parse('2026-11-24T12:00:00Z');
  readonly harbor = new FakeHarbor('https://harbor.test', () => this.now);
  readonly otherHarbor = new FakeHarbor('https://other.test', () => this.now);
  readonly secrets = new Map<string, Secret>();
  spaces: readonly KubernetesObject[] = [namespace('a'), namespace('b'), namespace(OWN_NAMESPACE)];
  /** What watching comes to. */
  grant: PullAccess = 'ready';
  isWatched = false;
  /** What the API server says to the write of a copy. */
  refuse: (action: CopyAction) => Error | undefined = () => undefined;
  readonly writes: string[] = [];
  readonly warnings: string[] = [];
  readonly policies = {
    injected: new Set<string>(),
    known: true,
    holds: false,
    state: { kind: 'absent' } as PolicyState,
  };
  present: RegistryMirror = injecting();
  /** Of the mirror's spec. */
  at = this.harbor;
  #monotonic = 1000;
  #session = this.harbor.session();
  readonly room = this.open();

  /** As after a restart of the operator. */
  open(): PullSecrets {
    return new PullSecrets({
      cluster: this,
      harbors: {
        sessionFor: () => ({ ok: true, value: this.#sessionAt(this.at) }),
        sessionForFormer: ({ url }) => ({
          ok: true,
          value: this.#sessionAt(url === this.harbor.url ? this.harbor : this.otherHarbor),
        }),
        knowsLoginFor: () => true,
        urlFor: () => this.at.url,
      },
      policies: {
        injectedPrefixes: () => this.policies.injected,
        has: () => this.policies.holds,
        state: () => this.policies.state,
      },
      clusterId: 'c1',
      excludedNamespaces: ['kube-*', OWN_NAMESPACE],
      retireAfterMs: RETIRE_AFTER_MS,
      knowsPolicies: () => this.policies.known,
      now: () => this.now,
      monotonic: () => this.#monotonic,
      onWrite: () => undefined,
      onWarning: (_mirror, what) => this.warnings.push(what),
    });
  }

  /** The operator logs in to Harbor anew. */
  renewSession(): void {
    this.#session = this.at.session();
  }

  pass(ms: number): void {
    this.now += ms;
    this.#monotonic += ms;
  }

  /** `ready, include` and so on: the verdict, and what it comes to for the policy. */
  said(look: HarborLookResult): string {
    const { verdict } = look;
    const route = routeOf(routingFacts(this.present, look, this.policies.holds));
    return `${verdict.kind === 'ready' ? 'ready' : `${verdict.kind} ${verdict.reason}`}, ${route}`;
  }

  /** A look at the pull Secrets, behind one at Harbor: what both come to. */
  async settle(look: HarborLookResult = inOrder()): Promise<HarborLookResult> {
    return withPullResult(look, await this.room.settle(this.present, look));
  }

  /** Looks until the mirror serves with its Secrets, and forgets what that took. */
  async provide(): Promise<void> {
    expect(this.said(await this.settle())).to.equal('ready, include');
    this.serves();
    await this.settle();
    this.done();
  }

  /** Writes and calls since the last time. */
  done(): readonly string[] {
    return [...this.at.calls.splice(0), ...this.writes.splice(0)];
  }

  /** The namespaces with a copy, of any of the mirror's Secrets. */
  spread(): readonly string[] {
    const copies = [...this.secrets.values()].filter(({ metadata }) => metadata.namespace !== OWN_NAMESPACE);
    return copies.map(({ metadata }) => metadata.namespace ?? '').sort();
  }

  /** The user names that are in the Secrets, by namespace. */
  users(): Readonly<Record<string, string>> {
    const userOf = ({ data }: Secret): string => {
      const text = Buffer.from(data?.['.dockerconfigjson'] ?? '', 'base64').toString();
      return /"username":"([^"]*)"/.exec(text)?.[1] ?? 'none';
    };
    return Object.fromEntries(
      [...this.secrets.values()].map((secret) => [secret.metadata.namespace ?? '', userOf(secret)]),
    );
  }

  /** The mirror's policy names its Secret and is in force. */
  serves(pullPrefix = PREFIX): void {
    this.policies.injected = new Set([pullPrefix]);
    this.policies.holds = true;
    this.policies.state = { kind: 'inForce', policy: { kind: 'ClusterPolicy', name: 'registry-mirrors-x' } };
  }

  /** No policy has the mirror. */
  rests(): void {
    this.policies.injected = new Set();
    this.policies.holds = false;
    this.policies.state = { kind: 'absent' };
  }

  mirrors(): readonly RegistryMirror[] {
    return [this.present];
  }

  get hasPullSecrets(): boolean {
    return this.#own().some(isPullSecret);
  }

  pullSecretsOf(name: string): readonly Secret[] {
    return this.#own().filter((secret) => mirrorOf(secret) === name);
  }

  #own(): readonly Secret[] {
    return [...this.secrets.values()].filter(({ metadata }) => metadata.namespace === OWN_NAMESPACE);
  }

  get access(): PullAccess | 'unwatched' {
    return this.isWatched ? this.grant : 'unwatched';
  }

  watch(): Promise<PullAccess> {
    this.isWatched = true;
    return Promise.resolve(this.grant);
  }

  unwatch(): Promise<void> {
    this.isWatched = false;
    return Promise.resolve();
  }

  namespaces(): readonly KubernetesObject[] {
    return this.spaces;
  }

  copiesOf(name: string): readonly Secret[] {
    return [...this.secrets.values()].filter(
      (secret) => secret.metadata.namespace !== OWN_NAMESPACE && mirrorOf(secret) === name,
    );
  }

  isTaken(name: string, mirrorName: string): Promise<boolean> {
    const there = this.secrets.get(`${OWN_NAMESPACE}/${name}`);
    return Promise.resolve(there !== undefined && !isMirrorsOwn(there, mirrorName));
  }

  keep(secret: Secret): Promise<void> {
    this.#put(secret);
    this.writes.push('keep');
    return Promise.resolve();
  }

  drop(secret: Secret): Promise<void> {
    this.secrets.delete(namespacedName(secret));
    this.writes.push('drop');
    return Promise.resolve();
  }

  carryOut(action: CopyAction): Promise<void> {
    const error = this.refuse(action);
    if (error !== undefined) return Promise.reject(error);
    if (action.kind === 'DeleteCopy') this.secrets.delete(namespacedName(action.copy));
    else this.#put(action.copy);
    this.writes.push(`${action.kind} ${action.copy.metadata.namespace ?? ''}`);
    return Promise.resolve();
  }

  #put(secret: Secret): void {
    this.secrets.set(namespacedName(secret), secret);
  }

  #sessionAt(harbor: FakeHarbor): ReturnType<FakeHarbor['session']> {
    return harbor === this.at && this.#session.url === harbor.url ? this.#session : harbor.session();
  }
}

/** A look at the Harbor side that found all in order, and the mirror to be served from there. */
export function inOrder(pullPrefix = PREFIX, url = 'https://harbor.test'): HarborLookResult {
  const project = { id: 3, name: pullPrefix.split('/')[1] ?? '', metadata: { public: 'false' }, repositoryCount: 0 };
  const harbor = { url, clusterId: 'c1', pullPrefix, reachable: true, unsupported: [], project };
  return { verdict: { kind: 'ready' }, pulls: { ...NOTHING_KNOWN, harbor: 'up' }, harbor, heldBack: [] };
}

/** How the API server refuses to write copies: in this namespace, or in all. */
export function refused(kind: KubernetesError['kind'], where?: string): PullWorld['refuse'] {
  return ({ copy }) =>
    where === undefined || copy.metadata.namespace === where ? new KubernetesError(kind, 'no', 403) : undefined;
}
