import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { Fallback, mayFallBack } from '../fallback/fallback.js';
import type { Metrics } from '../http/metrics.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { WorkQueue } from '../kubernetes/queue/work-queue.js';
import type { LogSink } from '../api/log-sink.js';
import type { OperatorCluster } from './watches/cluster.js';
import { Coalesced } from './coalesced.js';

/** To find the mirrors with a fallback takes a look at all of them: not at each of thousands of events. */
const WAIT_MS = 200;
const FORBIDDEN =
  "Pods that are stuck on the cache keep their images: the operator may not read and change Pods. Turn features.fallback on in the chart's values, or apply config/components/fallback.";

interface FallbackWiring {
  readonly cluster: OperatorCluster;
  readonly api: KubernetesApi;
  readonly log: LogSink;
  readonly metrics: Pick<Metrics, 'fellBack'>;
  /** Mirrors that are to be looked at. */
  readonly mirrors: Pick<WorkQueue, 'add'>;
}

interface RunningFallback {
  /** A mirror was looked at, and may have changed. */
  due(): void;
  /** In words: why a mirror's Pods don't fall back though they are to. */
  problemOf(mirror: RegistryMirror): string | undefined;
  stop(): Promise<void>;
}

/** Begins to look after Pods that are stuck on the cache. */
export function startFallback({ cluster, api, log, metrics, mirrors }: FallbackWiring): RunningFallback {
  const fallback = new Fallback({
    api,
    mirrors: () => cluster.mirrors(),
    onFallback: async (pod, { name, mirror, image, original }) => {
      metrics.fellBack();
      const object = cluster.mirror(mirror);
      if (object === undefined) return;
      const message = `Pod ${pod}, container ${name}: ${image} can't be pulled; it gets ${original} back.`;
      await cluster.announce(object, 'Warning', REASONS.fellBack, message);
    },
    onAccess: () => {
      for (const mirror of cluster.mirrors()) if (mayFallBack(mirror)) mirrors.add(mirror.metadata.name);
    },
    log,
  });
  const due = new Coalesced(() => {
    fallback.look();
  }, WAIT_MS);
  fallback.look();
  return {
    due: () => {
      due.due();
    },
    problemOf: (mirror) => (mayFallBack(mirror) && fallback.isForbidden ? FORBIDDEN : undefined),
    stop: async () => {
      due.stop();
      await fallback.stop();
    },
  };
}
