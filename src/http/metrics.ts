import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Reason } from '../api/reasons.js';
import type { ResponseListener } from '../harbor/http/adapter/measured.js';
import { watchEventLoop } from './event-loop.js';
import type { Route } from './server.js';

/** The operator's metrics. No label ever holds a name that a user chose, so the number of series is bounded. */
export interface Metrics {
  /** For HarborClient's onResponse. */
  readonly harborResponse: ResponseListener;
  /** A reconcile ended: `outcome` is one of a few words (`success`, `waiting`, `stalled`, `error`). */
  readonly reconciled: (outcome: string, ms: number) => void;
  readonly setQueueDepth: (depth: number) => void;
  /** How many mirrors there are, by the status of Ready. */
  readonly setMirrors: (counts: Readonly<Record<'True' | 'False' | 'Unknown', number>>) => void;
  /** How many mirrors have a probe, by the status of ProbeSucceeded. */
  readonly setProbed: (counts: Readonly<Record<'True' | 'False' | 'Unknown', number>>) => void;
  /** A cache was asked for an image, and this came of it. */
  readonly probed: (reason: Reason) => void;
  readonly setLeader: (isLeader: boolean) => void;
  /** A container has got its original image back. */
  readonly fellBack: () => void;
  /** Calls `measure` before each scrape: for what is counted only when somebody asks. */
  readonly onScrape: (measure: () => void) => void;
  /** Serves `/metrics`. */
  readonly routes: Readonly<Record<string, Route>>;
}

const PREFIX = 'registry_mirror_';
const DELAYS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 5];

/** Makes the metrics in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const measures: (() => void)[] = [];
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const harborCalls = new Histogram({
    name: `${PREFIX}harbor_request_duration_seconds`,
    help: 'Attempts of calls to Harbor, by method, route and status (none: no answer).',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const reconciles = new Histogram({
    name: `${PREFIX}reconcile_duration_seconds`,
    help: 'Reconciles of mirrors, by outcome.',
    labelNames: ['outcome'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const eventLoop = new Histogram({
    name: `${PREFIX}event_loop_delay_seconds`,
    help: 'How much later than asked for a turn of the event loop came.',
    buckets: DELAYS,
    registers,
  });
  const ownDelay = new Histogram({
    name: `${PREFIX}event_loop_own_delay_seconds`,
    help: 'How much of that delay the operator itself was at work, at most: for the rest it waited for a core.',
    buckets: DELAYS,
    registers,
  });
  watchEventLoop(({ seconds, ownSeconds }) => {
    eventLoop.observe(seconds);
    ownDelay.observe(ownSeconds);
  });
  const queueDepth = new Gauge({ name: `${PREFIX}queue_depth`, help: 'Mirrors waiting for a worker.', registers });
  const mirrors = new Gauge({
    name: `${PREFIX}mirrors`,
    help: 'RegistryMirrors, by the status of their condition Ready.',
    labelNames: ['ready'] as const,
    registers,
  });
  const probedMirrors = new Gauge({
    name: `${PREFIX}probed_mirrors`,
    help: 'RegistryMirrors with spec.probe, by the status of their condition ProbeSucceeded.',
    labelNames: ['succeeded'] as const,
    registers,
  });
  const probes = new Counter({
    name: `${PREFIX}probes_total`,
    help: 'Times that a cache was asked for the image of spec.probe, by the reason of what came of it.',
    labelNames: ['reason'] as const,
    registers,
  });
  const leader = new Gauge({ name: `${PREFIX}leader`, help: '1 while this replica is the one that works.', registers });
  const fallbacks = new Counter({
    name: `${PREFIX}fallbacks_total`,
    help: 'Containers that could not pull from the cache and got their original image back.',
    registers,
  });

  return {
    harborResponse: ({ method, route, status, ms }) => {
      harborCalls.observe({ method, route, status: status ?? 'none' }, ms / 1000);
    },
    reconciled: (outcome, ms) => {
      reconciles.observe({ outcome }, ms / 1000);
    },
    setQueueDepth: (depth) => {
      queueDepth.set(depth);
    },
    setMirrors: (counts) => {
      for (const [ready, count] of Object.entries(counts)) mirrors.set({ ready }, count);
    },
    setProbed: (counts) => {
      for (const [succeeded, count] of Object.entries(counts)) probedMirrors.set({ succeeded }, count);
    },
    probed: (reason) => {
      probes.inc({ reason });
    },
    fellBack: () => {
      fallbacks.inc();
    },
    onScrape: (measure) => {
      measures.push(measure);
    },
    setLeader: (isLeader) => {
      leader.set(isLeader ? 1 : 0);
    },
    routes: {
      '/metrics': async () => {
        for (const measure of measures) measure();
        return { status: 200, type: registry.contentType, body: await registry.metrics() };
      },
    },
  };
}
