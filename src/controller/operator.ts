import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { KubeConfig } from '@kubernetes/client-node';
import operatorModule from '@dot-i/k8s-operator';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import type { Config } from '../config/config.js';
import type { Metrics } from '../http/metrics.js';
import type { Check } from '../http/probes.js';
import { KubernetesApi } from '../kubernetes/api.js';
import type { KubernetesError } from '../kubernetes/errors.js';
import type { InformerEvent } from '../kubernetes/cache/informer.js';
import { Informer } from '../kubernetes/cache/informer.js';
import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import { resourcePath } from '../kubernetes/objects.js';
import type { Log } from '../log.js';
import { clusterIdOnceAnswered } from '../kubernetes/cluster-id.js';
import { MIRRORS } from '../mirror/resource.js';
import { checkReadable, checkReadingGoesOn, checkWork } from './checks.js';
import { OperatorCluster } from './watches/cluster.js';
import { LeaderElection } from '../kubernetes/leader/leader-election.js';
import { ownSecretNames } from '../config/own-secrets.js';
import { startWork } from './start.js';
import type { Work } from './start.js';

// The package is CommonJS: its class is the default export's member.
const Operator = operatorModule.default;

interface RegistryMirrorOperatorOptions {
  readonly config: Config;
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The operator: watches mirrors, their Secrets, the policies and the webhooks, and has each change looked at. What the base class does over
 * its own transport is replaced here, since there a watch error ends the process, a deletion in a gap is lost and a failed write is only
 * logged (docs/adr/0001).
 */
export class RegistryMirrorOperator extends Operator {
  readonly #config: Config;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #api: KubernetesApi;
  readonly #cluster: OperatorCluster;
  readonly #election: LeaderElection | undefined;
  readonly #extraInformers: Informer<KubernetesObject>[] = [];
  #work: Work | undefined;
  readonly #stop = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor({ config, kubeConfig, log, metrics }: RegistryMirrorOperatorOptions) {
    super(log);
    this.kubeConfig = kubeConfig;
    this.#config = config;
    this.#log = log;
    this.#metrics = metrics;
    const { namespace, keySecret } = config;
    const instance = `${hostname()}-${randomUUID().slice(0, 8)}`;
    const onError = (error: unknown): void => {
      log.warn('The leader lease could not be read or written; trying again.', { error });
    };
    const name = 'registry-mirror-operator';
    this.#election = config.leaderElect
      ? new LeaderElection({
          api: new KubernetesApi(kubeConfig),
          namespace,
          name,
          identity: instance,
          leaseMs: config.leaseDurationMs,
          onError,
        })
      : undefined;
    this.#api = new KubernetesApi(kubeConfig, { mayWrite: this.#election?.assertHeld });
    const ownSecrets = ownSecretNames(config);
    this.#cluster = new OperatorCluster({ api: this.#api, namespace, keySecret, ownSecrets, instance, log });
  }

  /** What a restart would mend. */
  readonly live: Readonly<Record<string, Check>> = {
    work: () => {
      checkWork(this.#work?.oldest());
    },
    reading: () => {
      checkReadingGoesOn(this.#cluster.readings());
    },
  };

  /** Whether all that decisions need has been read, and goes on being so. */
  readonly ready: Readonly<Record<string, Check>> = {
    cluster: () => {
      if (!this.#cluster.hasSynced) throw new Error('the cluster has not been read yet');
    },
    reading: () => {
      checkReadable(this.#cluster.readings());
    },
    lease: () => {
      const lease = { what: 'the leader lease', silentMs: 0, mayBeMissing: false };
      checkReadable([{ ...lease, trouble: this.#election?.trouble }]);
    },
  };

  /** Resolves when the lease is lost: the process must end at once, another one has taken over. */
  async lostLease(): Promise<void> {
    if (this.#election === undefined) await new Promise<never>(() => undefined);
    await this.#election?.lost();
  }

  /** Begins to stop: what is being done is finished, the lease given free. See {@link stopped}. */
  override stop(): void {
    this.#stop.abort();
    this.#stopping ??= this.#shutDown();
  }

  /** Stops, and resolves when all is over. */
  async stopped(): Promise<void> {
    this.stop();
    await this.#stopping;
  }

  protected override async init(): Promise<void> {
    for (const informer of this.#cluster.informers()) informer.start();
    await this.#cluster.synced();
    if (this.#isStopping()) return;
    if (this.#election !== undefined && !(await this.#election.acquire())) return;
    const clusterId = this.#config.clusterId ?? (await this.#clusterId());
    // Stopped meanwhile: the lease is another's by now.
    if (clusterId === undefined || this.#isStopping()) return;
    this.#metrics.setLeader(true);
    this.#log.info('The operator starts to work.', { clusterId, harbor: this.#config.harborUrl });
    this.#work = startWork(
      { cluster: this.#cluster, api: this.#api, mayWrite: this.#election?.assertHeld },
      this.#config,
      clusterId,
      this.#log,
      this.#metrics,
    );
  }

  /** Lists and watches a collection, and hands each change to `onEvent`. Survives every watch error. */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const resource: Resource = { group, version, plural, ...(namespace === undefined ? {} : { namespace }) };
    const report = (error: unknown): void => {
      this.#log.warn(`Watching ${plural} failed.`, { error });
    };
    const informer = new Informer<KubernetesObject>(this.#api, resource, { onError: report });
    informer.onChange((event) => {
      onEvent(toResourceEvent(resource, event)).catch(report);
    });
    this.#extraInformers.push(informer);
    informer.start();
    await informer.synced();
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const resource: Resource = { group, version, plural, ...(namespace === undefined ? {} : { namespace }) };
    return `${this.#api.server}${resourcePath(resource)}`;
  }

  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    const patch = [{ op: 'add', path: '/status', value: status }];
    await this.#api.patch(MIRRORS, meta.name, 'json', patch, { subresource: 'status' });
    return meta;
  }

  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    await this.#api.patch(MIRRORS, meta.name, 'merge', { status }, { subresource: 'status' });
    return meta;
  }

  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const body = { metadata: { finalizers, resourceVersion: meta.resourceVersion } };
    await this.#api.patch(MIRRORS, meta.name, 'merge', body);
  }

  async #clusterId(): Promise<string | undefined> {
    const onError = (error: KubernetesError): void => {
      this.#log.warn("The cluster's id could not be read; trying again.", { error });
    };
    return await clusterIdOnceAnswered(this.#api, { signal: this.#stop.signal, onError });
  }

  #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async #shutDown(): Promise<void> {
    await this.#work?.stop();
    await this.#election?.release();
    this.#metrics.setLeader(false);
    await Promise.all([...this.#cluster.informers(), ...this.#extraInformers].map((informer) => informer.stop()));
  }
}

const { ResourceEventType } = operatorModule;
const EVENT_TYPES = {
  ADDED: ResourceEventType.Added,
  MODIFIED: ResourceEventType.Modified,
  DELETED: ResourceEventType.Deleted,
} as const;

function toResourceEvent(resource: Resource, { type, object }: InformerEvent<KubernetesObject>): ResourceEvent {
  const { name, namespace, resourceVersion = '' } = object.metadata;
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return {
    type: EVENT_TYPES[type],
    // The base class adds finalizers to what it is given. Its type has times as Dates, which they are in no object that comes from the API server.
    object: structuredClone(object) as unknown as ResourceEvent['object'],
    meta: {
      id: `${resource.plural}.${apiVersion}`,
      name,
      resourceVersion,
      apiVersion,
      kind: object.kind ?? '',
      ...(namespace === undefined ? {} : { namespace }),
    },
  };
}
