import type { LogSink } from '../api/log-sink.js';
import type { Config } from '../config/config.js';
import type { Harbors } from '../harbor/session/harbors.js';
import type { Metrics } from '../http/metrics.js';
import type { WorkQueue } from '../kubernetes/queue/work-queue.js';
import { Probes } from '../mirror/probe/probes.js';
import type { PullSecrets } from '../pull-secrets/pull-secrets.js';

interface ProbesWiring {
  readonly harbors: Pick<Harbors, 'sessionFor'>;
  readonly pullSecrets: Pick<PullSecrets, 'loginFor'>;
  readonly config: Pick<Config, 'minIntervalMs'>;
  readonly metrics: Pick<Metrics, 'probed'>;
  readonly log: LogSink;
  /** Mirrors that are to be looked at. */
  readonly mirrors: Pick<WorkQueue, 'add'>;
}

/** What asks the caches for the images that mirrors name. */
export function probesFor({ harbors, pullSecrets, config, metrics, log, mirrors }: ProbesWiring): Probes {
  return new Probes({
    harbors,
    loginFor: (...where) => pullSecrets.loginFor(...where),
    minIntervalMs: config.minIntervalMs,
    random: Math.random,
    onNews: (mirror) => {
      mirrors.add(mirror);
    },
    onProbe: metrics.probed,
    onBug: (mirror, error) => {
      log.error('A bug of the operator, in what asks a cache for an image.', { mirror, error });
    },
  });
}
