import { readFileSync } from 'node:fs';
import type { Buckets } from './delay.js';

const TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

/** User and system time of a process so far (Linux: 100 ticks a second). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The memory of a process in MiB: now, and at most since it began. */
export function residentMiB(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** What the operator says of itself at /metrics. A scrape begins the event loop's histogram anew. */
export async function scrape(metricsUrl: string): Promise<Metrics> {
  return new Metrics(await (await fetch(`${metricsUrl}/metrics`)).text());
}

/** One scrape. */
export class Metrics {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  /** The sum of a metric over all its labels. */
  sum(name: string): number {
    const values = this.#lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .map(valueOf);
    return values.reduce((total, value) => total + value, 0);
  }

  /** The values of a metric, by its labels as they are written. */
  byLabels(name: string): ReadonlyMap<string, number> {
    const entries = this.#lines
      .filter((line) => line.startsWith(`${name}{`))
      .map((line) => [line.slice(name.length + 1, line.lastIndexOf('}')), valueOf(line)] as const);
    return new Map(entries);
  }

  get heapMiB(): number {
    return this.sum('nodejs_heap_size_used_bytes') / MIB;
  }

  /** Delays of the event loop since the process began. */
  get delays(): Buckets {
    return this.#buckets('registry_mirror_event_loop_delay_seconds');
  }

  /** How much of them the process itself was at work. */
  get ownDelays(): Buckets {
    return this.#buckets('registry_mirror_event_loop_own_delay_seconds');
  }

  #buckets(name: string): Buckets {
    const buckets = this.byLabels(`${name}_bucket`);
    return new Map([...buckets].map(([labels, count]) => [/le="(.*)"/.exec(labels)?.[1] ?? '', count]));
  }

  /** The longest delay of the event loop since the scrape before, in ms. */
  get longestDelay(): number {
    return this.sum('nodejs_eventloop_lag_max_seconds') * 1000;
  }
}

/** Looks at mirrors that saw Harbor: those of a new process before its first answer only wait. */
export function looksDone(metrics: Metrics): number {
  return metrics.byLabels('registry_mirror_reconcile_duration_seconds_count').get('outcome="success"') ?? 0;
}

function valueOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}
