import type { AuditMark } from '../../cluster/audit.js';
import { OPERATOR_USER } from '../../support/operator.js';
import type { World } from '../../support/world.js';
import { delaysBetween } from '../delay.js';
import type { Buckets } from '../delay.js';
import { cpuSeconds, looksDone, residentMiB, scrape } from '../process.js';
import type { Metrics } from '../process.js';

/** What one part of a run cost. */
export interface Figures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of mirrors, by the operator. */
  readonly looks: number;
  readonly harborWrites: number;
  readonly harborReads: number;
  /** By verb and resource. */
  readonly apiWrites: Readonly<Record<string, number>>;
  readonly policyWrites: number;
  /** The event loop's delay, in ms. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How much of it the operator itself was at work, in ms; left out in runs from before this was measured. */
  readonly ownDelay?: { readonly p50: number; readonly p99: number };
  readonly residentMiB: number;
  readonly peakMiB: number;
  readonly heapMiB: number;
}

interface Start {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly looks: number;
  readonly delays: Buckets;
  readonly ownDelays: Buckets;
  readonly mark: AuditMark;
}

const LOOKS = 'registry_mirror_reconcile_duration_seconds_count';

/** Measures the operator of a world from one moment to another. */
export class Meter {
  readonly #world: World;
  readonly #start: Start;
  /** Of all scrapes, each of which tells of the time since the one before. */
  #longestDelay = 0;

  private constructor(world: World, start: Start) {
    this.#world = world;
    this.#start = start;
  }

  /** From now on. */
  static async begin(world: World): Promise<Meter> {
    const { operator } = world;
    const metrics = await scrape(operator.metricsUrl);
    const [looks, { delays, ownDelays }] = [metrics.sum(LOOKS), metrics];
    const since = { cpuSeconds: cpuSeconds(operator.daemon.pid), looks, delays, ownDelays };
    return new Meter(world, await startOf(world, since));
  }

  /** From the start of an operator that isn't running yet. */
  static async beforeStart(world: World): Promise<Meter> {
    return new Meter(world, await startOf(world, { cpuSeconds: 0, looks: 0, delays: new Map(), ownDelays: new Map() }));
  }

  /** How many looks saw Harbor, of a process that has been measured since its start. */
  async looksDone(): Promise<number> {
    return looksDone(await this.#scrape());
  }

  async end(): Promise<Figures> {
    const seconds = (performance.now() - this.#start.at) / 1000;
    const { operator, harbor, cluster } = this.#world;
    const { pid } = operator.daemon;
    const metrics = await this.#scrape();
    const memory = residentMiB(pid);
    const writes = await cluster.audit.writes({ user: OPERATOR_USER }, this.#start.mark);
    const apiWrites: Record<string, number> = {};
    for (const { verb, resource } of writes) {
      const key = `${verb} ${resource}`;
      apiWrites[key] = (apiWrites[key] ?? 0) + 1;
    }
    return {
      seconds,
      cpuSeconds: cpuSeconds(pid) - this.#start.cpuSeconds,
      looks: metrics.sum(LOOKS) - this.#start.looks,
      harborWrites: harbor.writes().length,
      harborReads: harbor.reads().length,
      apiWrites,
      policyWrites: writes.filter(({ resource }) => resource.endsWith('policies')).length,
      delay: { ...delaysBetween(this.#start.delays, metrics.delays), max: this.#longestDelay },
      ownDelay: delaysBetween(this.#start.ownDelays, metrics.ownDelays),
      residentMiB: memory.now,
      peakMiB: memory.peak,
      heapMiB: metrics.heapMiB,
    };
  }

  async #scrape(): Promise<Metrics> {
    const metrics = await scrape(this.#world.operator.metricsUrl);
    this.#longestDelay = Math.max(this.#longestDelay, metrics.longestDelay);
    return metrics;
  }
}

async function startOf(
  { harbor, cluster }: World,
  since: Pick<Start, 'cpuSeconds' | 'looks' | 'delays' | 'ownDelays'>,
): Promise<Start> {
  const mark = await cluster.audit.mark();
  harbor.resetCounts();
  return { ...since, mark, at: performance.now() };
}
