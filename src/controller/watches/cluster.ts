import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { FINALIZER, LABELS } from '../../api/group.js';
import type { Labels } from '../../api/object-meta.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import { isKubernetesError } from '../../kubernetes/errors.js';
import { Informer } from '../../kubernetes/cache/informer.js';
import type { InformerOptions } from '../../kubernetes/cache/informer-options.js';
import { NamespaceLabels } from '../../kubernetes/namespace-labels.js';
import type { KubernetesObject, Resource } from '../../kubernetes/objects.js';
import type { Log } from '../../log.js';
import { namedProjects } from '../../mirror/named-projects.js';
import { MIRRORS } from '../../mirror/resource.js';
import type { Reading } from '../checks.js';
import { announce } from '../log/announce.js';
import type { MirrorCluster } from '../../mirror/mirror-cluster.js';
import { OPERATORS_OWN } from '../../credentials/secrets.js';
import type { OwnSecretLookup, Secret, SecretLookup } from '../../credentials/secrets.js';
import { HmacKey, readOrCreateHmacKey } from '../../credentials/hmac-key.js';
import { mirrorsOf } from '../../pull-secrets/pull-secret.js';
import { PullWatches } from '../../pull-secrets/watches.js';
import type { PolicyEngine } from '../../engines/settings.js';
import { Overtaken } from './overtaken.js';
import { PolicyWatches } from './policy-watches.js';
import type { Collection } from './policy-watches.js';

interface OperatorClusterOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly keySecret: string;
  /** The names of the Secrets that no mirror can refer to. */
  readonly ownSecrets: ReadonlySet<string>;
  /** This process, for Events. */
  readonly instance: string;
  readonly log: Log;
  /** Milliseconds, of a clock that never goes back. */
  readonly now?: () => number;
}

/** Behind what keeps a mirror from being done with whose object is gone. */
const OBJECT_IS_GONE =
  "The mirror's object is gone already. To change how it is deleted, apply it again, and delete it as you want it.";

/** The cluster as the reconcilers see it: local copies to read, the API server to write. */
export class OperatorCluster implements MirrorCluster {
  readonly mirrorInformer: Informer<RegistryMirror>;
  readonly secretInformer: Informer<Secret>;
  readonly policies: PolicyWatches;
  readonly #options: OperatorClusterOptions;
  #pullWatches: PullWatches | undefined;
  readonly #overtaken: Overtaken;
  readonly #key: HmacKey;
  readonly #namespaceLabels: NamespaceLabels;

  constructor(options: OperatorClusterOptions) {
    this.#options = options;
    const { api, namespace, keySecret, now = () => performance.now() } = options;
    this.#overtaken = new Overtaken(now);
    this.#key = new HmacKey(
      () => readOrCreateHmacKey(api, namespace, keySecret),
      () => performance.now(),
    );
    this.#namespaceLabels = new NamespaceLabels(api, () => performance.now());
    this.mirrorInformer = this.#informer<RegistryMirror>(MIRRORS, { indexedBy: namedProjects });
    this.mirrorInformer.onChange((event) => {
      this.#overtaken.observe(event, new Date());
    });
    this.secretInformer = this.#informer(
      { group: '', version: 'v1', plural: 'secrets', namespace },
      { labelSelector: LABELS.credentials, indexedBy: mirrorsOf },
    );
    this.policies = new PolicyWatches({ ...options, isNamed: (kind) => this.#isNamed(kind) });
  }

  /** What has to be read before anything can be decided. Policies' APIs may be missing for good. */
  async synced(): Promise<void> {
    await Promise.all(this.#needed().map((informer) => informer.synced()));
  }

  get hasSynced(): boolean {
    return this.#needed().every(({ hasSynced }) => hasSynced);
  }

  #needed(): readonly Pick<Informer<KubernetesObject>, 'synced' | 'hasSynced'>[] {
    return [this.mirrorInformer, this.secretInformer, this.policies.webhookInformer];
  }

  informers(): readonly Collection['informer'][] {
    return this.#collections().map(({ informer }) => informer);
  }

  /** How the reading of each collection goes. */
  readings(): readonly Reading[] {
    const pulls = this.#pullWatches?.collections() ?? [];
    const all = [...this.#collections(), ...pulls.map((collection) => ({ ...collection, mayBeMissing: false }))];
    return all.map(({ what, informer: { trouble, silentMs }, mayBeMissing }) => ({
      what,
      trouble,
      silentMs,
      mayBeMissing,
    }));
  }

  #collections(): readonly Collection[] {
    return [
      { what: MIRRORS.plural, informer: this.mirrorInformer, mayBeMissing: false },
      { what: 'secrets', informer: this.secretInformer, mayBeMissing: false },
      ...this.policies.collections(),
    ];
  }

  mirror(name: string): RegistryMirror | undefined {
    return this.mirrorInformer.get(name) ?? this.#overtaken.get(name);
  }

  mirrors(): readonly RegistryMirror[] {
    return this.mirrorInformer.list();
  }

  /** The mirrors that there is something to do for: all that there are, and those that are gone but not done with. */
  mirrorsToSeeTo(): readonly RegistryMirror[] {
    const gone = this.#overtaken.all();
    return gone.length === 0 ? this.mirrors() : [...this.mirrors(), ...gone];
  }

  /** For a process that begins to work: mirrors that went long ago, another one has dealt with. */
  forgetLongGone(): void {
    this.#overtaken.forgetLongGone();
  }

  mirrorsNaming(project: string): readonly RegistryMirror[] {
    return this.mirrorInformer.having(project);
  }

  get secret(): SecretLookup {
    const { namespace, ownSecrets } = this.#options;
    return { namespace, find: (name) => (ownSecrets.has(name) ? OPERATORS_OWN : this.secretInformer.get(name)) };
  }

  get ownSecret(): OwnSecretLookup {
    return { namespace: this.#options.namespace, find: (name) => this.secretInformer.get(name) };
  }

  webhooks(): readonly V1MutatingWebhookConfiguration[] {
    return this.policies.webhooks();
  }

  /** The labels of one namespace; undefined: there is none of this name. @throws KubernetesError */
  async labelsOf(namespace: string): Promise<Labels | undefined> {
    return await this.#namespaceLabels.of(namespace);
  }

  #isNamed(kind: PolicyEngine): boolean {
    return !this.mirrorInformer.hasSynced || this.mirrors().some(({ status }) => status.policy?.kind === kind);
  }

  /** Namespaces and the pull Secrets in them. @param onChange - something changed that concerns this mirror's */
  pullWatches(onChange: (mirror: string) => void): PullWatches {
    const { api, namespace, log } = this.#options;
    const mirrors = (): readonly RegistryMirror[] => this.mirrors();
    this.#pullWatches = new PullWatches({ api, namespace, log, secrets: this.secretInformer, mirrors, onChange });
    return this.#pullWatches;
  }

  async setFinalizers(
    mirror: RegistryMirror,
    finalizers: readonly string[],
    annotations?: Readonly<Record<string, string>>,
  ): Promise<RegistryMirror> {
    const { name, resourceVersion } = mirror.metadata;
    if (!finalizers.includes(FINALIZER) && this.#overtaken.letGo(mirror)) return mirror;
    // With the resourceVersion, so that a finalizer that someone else adds or removes meanwhile is not overwritten.
    const body = { metadata: { resourceVersion, finalizers, ...(annotations === undefined ? {} : { annotations }) } };
    try {
      const send = async (): Promise<RegistryMirror> => this.#options.api.patch(MIRRORS, name, 'merge', body);
      return await this.mirrorInformer.write(name, send);
    } catch (error) {
      // Another finalizer went at the same time and took the object along.
      if (isKubernetesError(error, 'notFound') && mirror.metadata.deletionTimestamp !== undefined) return mirror;
      throw error;
    }
  }

  async writeStatus(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void> {
    const { name, uid, deletionTimestamp } = mirror.metadata;
    // A look that began before the mirror went has to hear from the API server that it is gone.
    if (deletionTimestamp !== undefined && this.#overtaken.has(mirror)) {
      await this.#reportGone(mirror, status);
      return;
    }
    // Whole, so that what is no longer so goes; the uid, so that it never lands on a new object of the same name.
    const patch = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/status', value: status },
    ];
    const options = { subresource: 'status' };
    const send = async (): Promise<RegistryMirror> => this.#options.api.patch(MIRRORS, name, 'json', patch, options);
    await this.mirrorInformer.write(name, send);
  }

  /** Where no object is left to read a status of, the log and an Event tell what the deletion waits for. */
  async #reportGone(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void> {
    const news = this.#overtaken.report(mirror, status);
    if (news === undefined) return;
    await this.announce(mirror, 'Warning', news.reason, `${news.message} ${OBJECT_IS_GONE}`);
  }

  async announce(mirror: RegistryMirror, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    await announce(this.#options, mirror, { type, reason, message });
  }

  async hmacKey(): Promise<Buffer> {
    return await this.#key.get();
  }

  #informer<T extends KubernetesObject>(
    resource: Resource,
    options: Pick<InformerOptions<T>, 'labelSelector' | 'indexedBy'>,
  ): Informer<T> {
    const { api, log } = this.#options;
    return new Informer<T>(api, resource, {
      ...options,
      onError: (error) => {
        log.warn(`Watching ${resource.plural} failed; trying again.`, { error });
      },
    });
  }
}
