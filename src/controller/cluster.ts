import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { LABELS, OPERATOR } from '../api/group.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../api/registry-mirror.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import { Informer } from '../kubernetes/informer.js';
import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import type { Log } from '../log.js';
import type { RenderedPolicy } from '../engines/policy.js';
import type { PolicyEngine } from '../engines/settings.js';
import { MIRRORS } from '../mirror/resource.js';
import type { Reading } from './checks.js';
import { announce } from './announce.js';
import type { MirrorCluster } from '../mirror/mirror-cluster.js';
import type { PolicyCluster } from '../policies/policies.js';
import type { LivePolicy } from '../policies/snapshot.js';
import { OPERATORS_OWN } from '../credentials/secrets.js';
import type { OwnSecretLookup, Secret, SecretLookup } from '../credentials/secrets.js';
import { readOrCreateHmacKey } from '../credentials/hmac-key.js';
import { PullWatches } from '../pull-secrets/watches.js';
import { BINDINGS, POLICY_RESOURCES, WEBHOOK_CONFIGURATIONS } from '../policies/resources.js';

type WebhookConfiguration = V1MutatingWebhookConfiguration & KubernetesObject;

export interface OperatorClusterOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly keySecret: string;
  /** The names of the Secrets that no mirror can refer to. */
  readonly ownSecrets: ReadonlySet<string>;
  /** This process, for Events. */
  readonly instance: string;
  readonly log: Log;
}

type AnyInformer = Pick<Informer<KubernetesObject>, 'start' | 'stop' | 'trouble' | 'silentMs'>;
interface Collection extends Pick<Reading, 'what' | 'mayBeMissing'> {
  readonly informer: AnyInformer;
}

const ENGINES = Object.keys(POLICY_RESOURCES) as PolicyEngine[];

/** The cluster as the reconcilers see it: local copies to read, the API server to write. */
export class OperatorCluster implements MirrorCluster, PolicyCluster {
  readonly mirrorInformer: Informer<RegistryMirror>;
  readonly secretInformer: Informer<Secret>;
  readonly webhookInformer: Informer<WebhookConfiguration>;
  readonly policyInformers: ReadonlyMap<PolicyEngine, Informer<KubernetesObject>>;
  readonly bindingInformer: Informer<KubernetesObject>;
  readonly #options: OperatorClusterOptions;
  readonly #missing = new Set<PolicyEngine>();
  readonly #engineHandlers: (() => void)[] = [];
  #key: Promise<Buffer> | undefined;

  constructor(options: OperatorClusterOptions) {
    this.#options = options;
    const { namespace } = options;
    this.mirrorInformer = this.#informer(MIRRORS);
    this.secretInformer = this.#informer(
      { group: '', version: 'v1', plural: 'secrets', namespace },
      { labelSelector: LABELS.credentials },
    );
    this.webhookInformer = this.#informer(WEBHOOK_CONFIGURATIONS);
    const labelSelector = `${LABELS.managedBy}=${OPERATOR}`;
    this.bindingInformer = this.#informer(BINDINGS, { labelSelector });
    this.policyInformers = new Map(
      ENGINES.map((engine) => [engine, this.#informer(POLICY_RESOURCES[engine], { labelSelector, engine })]),
    );
  }

  /** What has to be read before anything can be decided. Policies' APIs may be missing for good. */
  async synced(): Promise<void> {
    await Promise.all([this.mirrorInformer.synced(), this.secretInformer.synced(), this.webhookInformer.synced()]);
  }

  get hasSynced(): boolean {
    return [this.mirrorInformer, this.secretInformer, this.webhookInformer].every(({ hasSynced }) => hasSynced);
  }

  /** Whether it is known of each kind of policy what there is, or that the API server has no such kind. */
  get knowsPolicies(): boolean {
    return ENGINES.every((engine) => this.serves(engine) !== undefined);
  }

  informers(): readonly AnyInformer[] {
    return this.#collections().map(({ informer }) => informer);
  }

  /** How the reading of each collection goes. */
  readings(): readonly Reading[] {
    return this.#collections().map(({ what, informer: { trouble, silentMs }, mayBeMissing }) => ({
      what,
      trouble,
      silentMs,
      mayBeMissing,
    }));
  }

  #collections(): readonly Collection[] {
    const policies = [...this.policyInformers].map(([engine, informer]) => ({
      what: POLICY_RESOURCES[engine].plural,
      informer,
      mayBeMissing: true,
    }));
    return [
      { what: MIRRORS.plural, informer: this.mirrorInformer, mayBeMissing: false },
      { what: 'secrets', informer: this.secretInformer, mayBeMissing: false },
      { what: WEBHOOK_CONFIGURATIONS.plural, informer: this.webhookInformer, mayBeMissing: false },
      ...policies,
      { what: BINDINGS.plural, informer: this.bindingInformer, mayBeMissing: true },
    ];
  }

  mirror(name: string): RegistryMirror | undefined {
    return this.mirrorInformer.get(name);
  }

  mirrors(): readonly RegistryMirror[] {
    return this.mirrorInformer.list();
  }

  readonly secret: SecretLookup = (name) =>
    this.#options.ownSecrets.has(name) ? OPERATORS_OWN : this.secretInformer.get(name);

  readonly ownSecret: OwnSecretLookup = (name) => this.secretInformer.get(name);

  webhooks(): readonly V1MutatingWebhookConfiguration[] {
    return this.webhookInformer.list();
  }

  policies(): readonly LivePolicy[] {
    return [...this.policyInformers].flatMap(([kind, informer]) =>
      informer.list().map((object) => {
        const binding = this.bindingInformer.get(object.metadata.name);
        return kind === 'MutatingAdmissionPolicy' && binding !== undefined
          ? { kind, object, binding }
          : { kind, object };
      }),
    );
  }

  /** Namespaces and the pull Secrets in them. @param onChange - something changed that concerns this mirror's */
  pullWatches(onChange: (mirror: string) => void): PullWatches {
    const { api, namespace, log } = this.#options;
    const mirrors = (): readonly RegistryMirror[] => this.mirrors();
    return new PullWatches({ api, namespace, log, secrets: this.secretInformer, mirrors, onChange });
  }

  /** Calls `handler` when a kind of policy appears in the API, or is found missing. */
  onEngineChange(handler: () => void): void {
    this.#engineHandlers.push(handler);
  }

  serves(kind: PolicyEngine): boolean | undefined {
    if (this.#missing.has(kind)) return false;
    return this.policyInformers.get(kind)?.hasSynced === true ? true : undefined;
  }

  async applyPolicy({ kind, object, binding }: RenderedPolicy): Promise<void> {
    const { api } = this.#options;
    const options = { fieldManager: OPERATOR };
    const applied = await api.patch(POLICY_RESOURCES[kind], object.metadata.name, 'apply', object, options);
    this.policyInformers.get(kind)?.observe(applied);
    if (binding === undefined) return;
    this.bindingInformer.observe(await api.patch(BINDINGS, binding.metadata.name, 'apply', binding, options));
  }

  async deletePolicy(kind: PolicyEngine, name: string): Promise<void> {
    const { api } = this.#options;
    if (kind === 'MutatingAdmissionPolicy') {
      await api.delete(BINDINGS, name);
      this.bindingInformer.forget(name);
    }
    await api.delete(POLICY_RESOURCES[kind], name);
    this.policyInformers.get(kind)?.forget(name);
  }

  async setFinalizers(mirror: RegistryMirror, finalizers: readonly string[]): Promise<RegistryMirror> {
    const { name, resourceVersion } = mirror.metadata;
    // With the resourceVersion, so that a finalizer that someone else adds or removes meanwhile is not overwritten.
    const body = { metadata: { resourceVersion, finalizers } };
    try {
      const written = await this.#options.api.patch<RegistryMirror>(MIRRORS, name, 'merge', body);
      this.mirrorInformer.observe(written);
      return written;
    } catch (error) {
      // Another finalizer went at the same time and took the object along.
      if (isKubernetesError(error, 'notFound') && mirror.metadata.deletionTimestamp !== undefined) return mirror;
      throw error;
    }
  }

  async writeStatus(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void> {
    const { name, uid } = mirror.metadata;
    // Whole, so that what is no longer so goes; the uid, so that it never lands on a new object of the same name.
    const patch = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ];
    const written = await this.#options.api.patch<RegistryMirror>(MIRRORS, name, 'json', patch, {
      subresource: 'status',
    });
    this.mirrorInformer.observe(written);
  }

  async announce(mirror: RegistryMirror, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    await announce(this.#options, mirror, { type, reason, message });
  }

  async hmacKey(): Promise<Buffer> {
    const { api, namespace, keySecret } = this.#options;
    this.#key ??= readOrCreateHmacKey(api, namespace, keySecret).catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return await this.#key;
  }

  #setMissing(engine: PolicyEngine, isMissing: boolean): void {
    if (this.#missing.has(engine) === isMissing) return;
    if (isMissing) this.#missing.add(engine);
    else this.#missing.delete(engine);
    for (const handler of this.#engineHandlers) handler();
  }

  #informer<T extends KubernetesObject>(
    resource: Resource,
    { labelSelector, engine }: { labelSelector?: string; engine?: PolicyEngine } = {},
  ): Informer<T> {
    const { api, log } = this.#options;
    const informer = new Informer<T>(api, resource, {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      onError: (error) => {
        if (engine !== undefined && isKubernetesError(error, 'notFound', 'forbidden')) this.#setMissing(engine, true);
        const level = isKubernetesError(error, 'notFound') ? 'debug' : 'warn';
        log[level](`Watching ${resource.plural} failed; trying again.`, { error });
      },
      onList: () => {
        if (engine !== undefined) this.#setMissing(engine, false);
      },
    });
    return informer;
  }
}
