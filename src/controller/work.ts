import { findCondition } from '../api/conditions.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import type { Config } from '../config/config.js';
import type { Metrics } from '../http/metrics.js';
import type { InformerEvent } from '../kubernetes/informer.js';
import type { Priority } from '../kubernetes/priority.js';
import type { Log } from '../log.js';
import { describeAction } from '../mirror/plan/actions.js';
import { Harbors } from '../harbor/session/harbors.js';
import { HostIndex } from '../mirror/host-index.js';
import { MirrorReconciler } from '../mirror/reconcile.js';
import { Policies } from '../policies/policies.js';
import { PullSecrets } from '../pull-secrets/pull-secrets.js';
import type { Secret } from '../credentials/secrets.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { OperatorCluster } from './cluster.js';
import { later } from '../clock/later.js';
import { logAvailability } from './log-availability.js';
import { missingPermissions } from '../robots/check.js';
import { OrphanCollector } from '../mirror/orphans/collector.js';
import { OwnRobot, ROBOT_LOGIN } from '../robots/own-robot.js';
import { PolicyTrigger } from '../policies/trigger.js';
import { WorkQueue } from '../kubernetes/work-queue.js';

/** What runs while this process leads. */
export interface Work {
  stop(): Promise<void>;
}

export interface WorkOptions {
  readonly cluster: OperatorCluster;
  readonly api: KubernetesApi;
  /** Throws once another replica may work; undefined where there is no other. */
  readonly mayWrite: (() => void) | undefined;
}

/** Wires the reconcilers to the queue and the watches, and starts them. */
export function startWork(
  { cluster, api, mayWrite }: WorkOptions,
  given: Config,
  clusterId: string,
  log: Log,
  metrics: Metrics,
): Work {
  const config = given.mintRobot ? { ...given, harborLogin: ROBOT_LOGIN } : given;
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
      const startedAt = performance.now();
      const measure = (outcome: string): void => {
        metrics.reconciled(outcome, performance.now() - startedAt);
      };
      try {
        const result = await mirrorReconciler.reconcile(name);
        measure(result !== undefined && 'retryAfterMs' in result ? 'waiting' : 'success');
        return result;
      } catch (error) {
        measure('error');
        throw error;
      }
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
    later,
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
    secrets: cluster,
    mirrors: () => cluster.mirrors(),
    checkEveryMs: config.healthIntervalMs,
    thresholds: { failures: config.healthFailures, successes: config.healthSuccesses },
    requestTimeoutMs: config.requestTimeoutMs,
    proxy: config.proxy,
    onResponse: metrics.harborResponse,
    mayWrite,
    onChange: ({ url, facts }, change, mirrors) => {
      if (change === 'availability') logAvailability(log, url, facts.availability);
      for (const { metadata } of mirrors) queue.add(metadata.name, change === 'availability' ? 'urgent' : 'routine');
    },
    onSweep: async (session) => orphans.collect(session),
    onBug: (harbor, error) => {
      log.error('A bug of the operator, in what looks after a Harbor.', { harbor, error });
    },
    findMissingPermissions: async (client, someProject, signal) => missingPermissions(client, someProject, { signal }),
    onMissingPermissions: (harbor, permissions) => {
      const message = `The robot account for ${harbor} lacks: ${permissions.join(', ')}. Mirrors that need them will say so.`;
      log.warn(message, { reason: REASONS.harborPermissionMissing, permissions });
    },
    now: () => performance.now(),
  });
  const orphans = new OrphanCollector({
    clusterId,
    mirrors: () => new Set(cluster.mirrors().map(({ metadata }) => metadata.name)),
    onCollected: (harbor, { name }) => {
      log.info(`delete endpoint ${name}: its mirror is gone`, { action: 'DeleteEndpoint', harbor });
    },
  });
  const ownRobot = new OwnRobot({
    api,
    namespace: config.namespace,
    clusterId,
    connection: () => harbors.ownConnection(given.harborLogin),
    request: {
      requestTimeoutMs: config.requestTimeoutMs,
      proxy: config.proxy,
      onResponse: metrics.harborResponse,
      mayWrite,
    },
    log,
  });
  const hosts = new HostIndex();
  const pullWatches = cluster.pullWatches((mirror) => {
    queue.add(mirror);
  });
  const pullSecrets = new PullSecrets({
    cluster: pullWatches,
    harbors,
    policies,
    clusterId,
    excludedNamespaces: config.excludedNamespaces,
    retireAfterMs: config.retireAfterMs,
    knowsPolicies: () => cluster.knowsPolicies,
    now: Date.now,
    monotonic: () => performance.now(),
    onWrite: (mirror, what) => {
      log.info(what, { mirror });
    },
    onWarning: (mirror, what) => {
      log.warn(what, { mirror });
    },
  });
  const mirrorReconciler = new MirrorReconciler({
    cluster,
    hosts,
    harbors,
    policies,
    pullSecrets,
    clusterId,
    minIntervalMs: config.minIntervalMs,
    retireAfterMs: config.retireAfterMs,
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
    queue.add(event.object.metadata.name, priorityOf(event));
    if (claimsMayHaveChanged(event)) for (const name of losersOfConflicts(cluster.mirrors())) queue.add(name);
  });
  cluster.secretInformer.onChange(({ object }) => {
    for (const name of usersOf(object, cluster.mirrors(), config)) queue.add(name, 'edit');
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
  metrics.onScrape(() => {
    metrics.setQueueDepth(queue.depth);
    metrics.setMirrors(readiness(cluster.mirrors()));
  });
  trigger.due();
  everything();
  queue.start();
  if (config.mintRobot) ownRobot.start();
  return {
    stop: async () => {
      await queue.drain();
      await ownRobot.stop();
      await pullWatches.unwatch();
      await trigger.stop();
      await harbors.stop();
    },
  };
}

/** How many mirrors are ready, and how many are not. */
function readiness(mirrors: readonly RegistryMirror[]): Record<'True' | 'False' | 'Unknown', number> {
  const counts = { True: 0, False: 0, Unknown: 0 };
  for (const { status } of mirrors) counts[findCondition(status.conditions, 'Ready')?.status ?? 'Unknown'] += 1;
  return counts;
}

/** Deletions first, then what a person changed: a write of the status leaves the generation as it is. */
function priorityOf({ type, object, previous }: InformerEvent<RegistryMirror>): Priority {
  if (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined) return 'urgent';
  return previous?.metadata.generation === object.metadata.generation ? 'routine' : 'edit';
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
