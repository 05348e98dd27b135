import { REASONS } from '../api/reasons.js';
import type { Config } from '../config/config.js';
import { ownSecretNames } from '../config/own-secrets.js';
import type { Metrics } from '../http/metrics.js';
import type { Log } from '../log.js';
import { upstreamInertia } from '../config/upstream-inertia.js';
import { Harbors } from '../harbor/session/harbors.js';
import { HostIndex } from '../mirror/claims/host-index.js';
import { exposed } from '../mirror/status/exposed.js';
import { MirrorReconciler } from '../mirror/reconcile.js';
import { Policies } from '../policies/policies.js';
import { PullSecrets } from '../pull-secrets/pull-secrets.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { OperatorCluster } from './watches/cluster.js';
import { ownRobotFor } from './own-robot.js';
import { probesFor } from './probes.js';
import { Waking } from './waking.js';
import { startFallback } from './fallback.js';
import { logAvailability } from './log/availability.js';
import { logReconciler } from './log/reconciler.js';
import { logPolicies } from './log/policies.js';
import { missingPermissions } from '../robots/check.js';
import { OrphanCollector } from '../mirror/orphans/collector.js';
import { ownHarborOf } from '../config/own-harbor.js';
import { ROBOT_LOGIN } from '../robots/own-login.js';
import { readAll } from '../policies/observe/live.js';
import { worthALookInMs } from '../policies/timing/grace.js';
import { PolicyTrigger } from '../policies/timing/trigger.js';
import { isWaiting, type WorkResult } from '../kubernetes/queue/work-result.js';
import { countsOf, hasProbe, isObserved } from './readiness.js';
import { inReconcile, logOfReconcile } from './log/reconcile-context.js';
import { WorkQueue } from '../kubernetes/queue/work-queue.js';

/** What runs while this process leads. */
export interface Work {
  stop(): Promise<void>;
  /** The look at a mirror that has been running for longest. */
  oldest(): WorkQueue['oldestWork'];
}

interface WorkOptions {
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
  const { excludedNamespaces } = config;
  const reconcileLog = logOfReconcile(log);
  const reconcile = async (name: string): Promise<WorkResult | undefined> => {
    const startedAt = performance.now();
    const end = (outcome: string): void => {
      const ms = performance.now() - startedAt;
      metrics.reconciled(outcome, ms);
      reconcileLog.debug('The mirror was looked at.', { outcome, ms: Math.round(ms) });
      fallback.due();
    };
    try {
      const result = await mirrorReconciler.reconcile(name);
      end(isWaiting(result) ? 'waiting' : 'success');
      return result;
    } catch (error) {
      reconcileLog.warn('A look at a mirror failed; trying again.', { error });
      end('error');
      throw error;
    }
  };
  const queue = new WorkQueue({
    workers: config.workers,
    groupOf: (name) => harbors.urlsOf(cluster.mirror(name)).join(' '),
    handle: async (name) => await inReconcile(name, async () => await reconcile(name)),
  });
  const trigger = new PolicyTrigger({
    isBusy: () => queue.isBusy,
    sync: async (isWhole) => policies.sync(isWhole),
    canSync: () => cluster.policies.isAsked,
    onError: (error) => {
      log.warn('The policies could not be written; trying again.', { error });
    },
  });
  const policies = new Policies({
    cluster: cluster.policies,
    mirrors: cluster,
    excludedNamespaces,
    autoEngines: config.autoEngines,
    mirrorsPerPolicy: config.mirrorsPerPolicy,
    now: () => performance.now(),
    onDue: (pace) => {
      trigger.due(pace);
    },
    onStateChange: (mirror, state) => {
      const ms = worthALookInMs(state);
      if (ms === 0) queue.add(mirror, isObserved(cluster.mirror(mirror)) ? 'routine' : 'edit');
      else queue.addAfter(mirror, ms);
    },
    ...logPolicies(log),
  });
  const harbors = new Harbors({
    own: ownHarborOf(config),
    secrets: cluster,
    mirrors: () => cluster.mirrorsToSeeTo(),
    checkEveryMs: config.healthIntervalMs,
    thresholds: { failures: config.healthFailures, successes: config.healthSuccesses },
    requestTimeoutMs: config.requestTimeoutMs,
    proxy: config.proxy,
    onResponse: metrics.harborResponse,
    mayWrite,
    onChange: ({ url, facts }, change, mirrors) => {
      if (change === 'opened' || change === 'availability') logAvailability(log, url, facts.availability);
      if (facts.availability.kind === 'down') for (const mirror of mirrors) mirrorReconciler.withdrawIfDown(mirror);
      waking.harborChanged(change, facts.pullHost, mirrors);
    },
    onTurn: (mirror) => {
      queue.add(mirror, 'edit');
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
    mirrors: (url): ReadonlySet<string> => harbors.mirrorsAt(url),
    onCollected: (harbor, { name }) => {
      log.info(`delete endpoint ${name}: its mirror is gone`, { action: 'DeleteEndpoint', harbor });
    },
  });
  const onResponse = metrics.harborResponse;
  const ownRobot = ownRobotFor({ harbors, api, config: given, clusterId, log, onResponse, mayWrite });
  const hosts = new HostIndex();
  const pullWatches = cluster.pullWatches((mirror) => {
    queue.add(mirror);
  });
  const pullSecrets = new PullSecrets({
    cluster: pullWatches,
    harbors,
    policies,
    clusterId,
    excludedNamespaces,
    retireAfterMs: config.retireAfterMs,
    knowsPolicies: () => cluster.policies.isKnown,
    now: Date.now,
    monotonic: () => performance.now(),
    onWrite: (mirror, what) => {
      reconcileLog.info(what, { mirror });
    },
    onWarning: (mirror, what) => {
      reconcileLog.warn(what, { mirror });
    },
  });
  const probes = probesFor({ harbors, pullSecrets, config, metrics, log: reconcileLog, mirrors: queue });
  const mirrorReconciler = new MirrorReconciler({
    cluster,
    hosts,
    harbors,
    policies,
    pullSecrets,
    probes,
    clusterId,
    minIntervalMs: config.minIntervalMs,
    retireAfterMs: config.retireAfterMs,
    upstreamInertia: upstreamInertia(config),
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    exposed: async (mirror, harborUrl) => exposed(mirror, { cluster, harborUrl, excludedNamespaces }),
    fallbackProblem: (mirror) => fallback.problemOf(mirror),
    ...logReconciler(reconcileLog),
  });
  const fallback = startFallback({ cluster, api, log: reconcileLog, metrics, mirrors: queue });
  const waking = new Waking({ cluster, hosts, ownSecrets: ownSecretNames(config), queue });
  cluster.policies.webhookInformer.onChange(() => {
    policies.observe();
  });
  cluster.policies.onChange(() => {
    policies.observe();
    trigger.due();
  });
  metrics.onScrape(() => {
    metrics.setQueueDepth(queue.depth);
    metrics.setMirrors(countsOf('Ready', cluster.mirrors()));
    metrics.setProbed(countsOf('ProbeSucceeded', cluster.mirrors().filter(hasProbe)));
  });
  let isStopped = false;
  const begun = Promise.all([waking.fill(), readAll(cluster.policies.policies())]).then(() => {
    if (isStopped) return;
    trigger.due();
    cluster.forgetLongGone();
    for (const { metadata } of cluster.mirrorsToSeeTo()) queue.add(metadata.name);
    queue.start();
    if (config.mintRobot) ownRobot.start();
  });
  return {
    oldest: () => queue.oldestWork,
    stop: async () => {
      isStopped = true;
      await begun;
      waking.stop();
      await queue.drain();
      await fallback.stop();
      await probes.stop();
      await ownRobot.stop();
      await pullWatches.unwatch();
      await trigger.stop();
      await harbors.stop();
    },
  };
}
