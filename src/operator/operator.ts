import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { KubeConfig } from '@kubernetes/client-node';
import operatorModule from '@dot-i/k8s-operator';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { findCondition } from '../api/conditions.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import type { Config } from '../config.js';
import type { Metrics } from '../http/metrics.js';
import { KubernetesApi } from '../kubernetes/api.js';
import type { InformerEvent } from '../kubernetes/informer.js';
import { Informer } from '../kubernetes/informer.js';
import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import { resourcePath } from '../kubernetes/objects.js';
import type { Log } from '../log.js';
import { describeAction } from '../reconcile/actions.js';
import { Harbors } from '../reconcile/harbors.js';
import { HostIndex } from '../reconcile/host-index.js';
import { MirrorReconciler } from '../reconcile/mirror-reconciler.js';
import { Policies } from '../reconcile/policies.js';
import type { Secret } from '../reconcile/secrets.js';
import { clusterIdOf } from './cluster-id.js';
import { MIRRORS, OperatorCluster } from './cluster.js';
import { LeaderElection } from './leader-election.js';
import { PolicyTrigger } from './policy-trigger.js';
import { WorkQueue } from './work-queue.js';

// The package is CommonJS: its class is the default export's member.
const Operator = operatorModule.default;

export interface RegistryMirrorOperatorOptions {
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
  #stopping: Promise<void> | undefined;

  constructor({ config, kubeConfig, log, metrics }: RegistryMirrorOperatorOptions) {
    super(log);
    this.kubeConfig = kubeConfig;
    this.#config = config;
    this.#log = log;
    this.#metrics = metrics;
    this.#api = new KubernetesApi(kubeConfig);
    const { namespace, keySecret } = config;
    const instance = `${hostname()}-${randomUUID().slice(0, 8)}`;
    this.#cluster = new OperatorCluster({ api: this.#api, namespace, keySecret, instance, log });
    const onError = (error: unknown): void => {
      log.warn('The leader lease could not be read or written; trying again.', { error });
    };
    const name = 'registry-mirror-operator';
    this.#election = config.leaderElect
      ? new LeaderElection({ api: this.#api, namespace, name, identity: instance, onError })
      : undefined;
  }

  /** Whether all that decisions need has been read. */
  get isReady(): boolean {
    return this.#cluster.hasSynced;
  }

  /** Resolves when the lease is lost: the process must end at once, another one has taken over. */
  async lostLease(): Promise<void> {
    if (this.#election === undefined) await new Promise<never>(() => undefined);
    await this.#election?.lost();
  }

  /** Begins to stop: what is being done is finished, the lease given free. See {@link stopped}. */
  override stop(): void {
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
    if (this.#stopping !== undefined) return;
    if (this.#election !== undefined && !(await this.#election.acquire())) return;
    this.#metrics.setLeader(true);
    const clusterId = this.#config.clusterId ?? (await clusterIdOf(this.#api));
    this.#log.info('The operator starts to work.', { clusterId, harbor: this.#config.harborUrl });
    this.#work = startWork(this.#cluster, this.#config, clusterId, this.#log, this.#metrics);
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

  async #shutDown(): Promise<void> {
    await this.#work?.stop();
    await this.#election?.release();
    this.#metrics.setLeader(false);
    await Promise.all([...this.#cluster.informers(), ...this.#extraInformers].map((informer) => informer.stop()));
  }
}

/** What runs while this process leads. */
interface Work {
  stop(): Promise<void>;
}

function startWork(cluster: OperatorCluster, config: Config, clusterId: string, log: Log, metrics: Metrics): Work {
  const everything = (): void => {
    for (const { metadata } of cluster.mirrors()) queue.add(metadata.name);
  };
  const onError = (key: string, error: unknown): void => {
    log.warn('A look at a mirror failed; trying again.', { mirror: key, error });
  };
  const queue = new WorkQueue({
    workers: config.workers,
    onError,
    handle: async (name) => {
      metrics.setQueueDepth(queue.depth);
      return await mirrorReconciler.reconcile(name);
    },
  });
  const trigger = new PolicyTrigger({
    isBusy: () => !queue.isIdle,
    sync: async () => policies.sync(),
    canSync: () => cluster.knowsPolicies,
    onError: (error) => {
      log.warn('The policies could not be written; trying again.', { error });
    },
  });
  const policies = new Policies({
    cluster,
    excludedNamespaces: config.excludedNamespaces,
    now: Date.now,
    later: (ms, then) => {
      setTimeout(then, ms).unref();
    },
    onDue: () => {
      trigger.due();
    },
    onStateChange: (mirror) => {
      queue.add(mirror);
    },
    onWrite: (action, kind, name) => {
      log.info(`${action} ${kind} ${name}`, { action, policy: name });
    },
  });
  const harbors = new Harbors({
    own: {
      url: config.harborUrl,
      pullHost: config.harborPullHost,
      login: config.harborLogin,
      caSecret: config.harborCaSecret,
      insecureSkipTLSVerify: config.harborInsecureSkipTLSVerify,
    },
    secret: cluster.secret,
    mirrors: () => cluster.mirrors(),
    checkEveryMs: config.healthIntervalMs,
    thresholds: { failures: config.healthFailures, successes: config.healthSuccesses },
    requestTimeoutMs: config.requestTimeoutMs,
    proxy: config.proxy,
    onResponse: metrics.harborResponse,
    onChange: everything,
    now: () => performance.now(),
  });
  const hosts = new HostIndex();
  const mirrorReconciler = new MirrorReconciler({
    cluster,
    hosts,
    harbors,
    policies,
    clusterId,
    minIntervalMs: config.minIntervalMs,
    now: Date.now,
    random: Math.random,
    onAction: (mirror, action, ms) => {
      log.info(describeAction(action), { mirror, action: action.kind, ms: Math.round(ms) });
    },
    onBug: (mirror, error) => {
      log.error('A bug of the operator.', { mirror, error });
    },
  });
  for (const mirror of cluster.mirrors()) hosts.set(mirror);
  cluster.mirrorInformer.onChange((event) => {
    if (event.type === 'DELETED') hosts.delete(event.object.metadata.name);
    else hosts.set(event.object);
    queue.add(event.object.metadata.name);
    if (claimsMayHaveChanged(event)) for (const name of losersOfConflicts(cluster.mirrors())) queue.add(name);
  });
  cluster.secretInformer.onChange(({ object }) => {
    for (const name of usersOf(object, cluster.mirrors(), config)) queue.add(name);
  });
  const lookAtPolicies = (): void => {
    policies.observe();
    trigger.due();
  };
  cluster.webhookInformer.onChange(() => {
    policies.observe();
  });
  for (const informer of [...cluster.policyInformers.values(), cluster.bindingInformer])
    informer.onChange(lookAtPolicies);
  cluster.onEngineChange(lookAtPolicies);
  trigger.due();
  everything();
  queue.start();
  return {
    stop: async () => {
      await queue.drain();
      await trigger.stop();
      await harbors.stop();
    },
  };
}

/** Whether an event may free a host, or take one. */
function claimsMayHaveChanged({ type, object, previous }: InformerEvent<RegistryMirror>): boolean {
  return (
    type !== 'MODIFIED' ||
    previous?.metadata.generation !== object.metadata.generation ||
    previous?.metadata.deletionTimestamp !== object.metadata.deletionTimestamp
  );
}

function losersOfConflicts(mirrors: readonly RegistryMirror[]): readonly string[] {
  return mirrors
    .filter(({ status }) => findCondition(status.conditions, 'Ready')?.reason === REASONS.hostConflict)
    .map(({ metadata }) => metadata.name);
}

/** The mirrors that use this Secret, for their upstream or for their Harbor. */
function usersOf({ metadata }: Secret, mirrors: readonly RegistryMirror[], config: Config): readonly string[] {
  const { harborLogin, harborCaSecret } = config;
  const isOwn =
    (harborLogin.kind === 'secret' && harborLogin.name === metadata.name) || harborCaSecret === metadata.name;
  return mirrors
    .filter(
      ({ spec: { upstream, harbor } }) =>
        [
          upstream.credentialsSecretRef,
          upstream.caCertificateSecretRef,
          harbor?.credentialsSecretRef,
          harbor?.caCertificateSecretRef,
        ].some((reference) => reference?.name === metadata.name) || isOwn,
    )
    .map((mirror) => mirror.metadata.name);
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
    object: object as unknown as ResourceEvent['object'],
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
