import { setTimeout as delay } from 'node:timers/promises';
import type { Latency } from './options.js';

/** What a call's time depends on. */
export interface CallKind {
  readonly method: string;
  readonly route: string;
  readonly isList: boolean;
}

/** Makes calls take their time, a few of them at once. */
export class Workers {
  readonly #latency: () => Latency;
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(latency: () => Latency) {
    this.#latency = latency;
  }

  /** Does the work when a place is free, no sooner than its kind of call takes. */
  async run<T>({ method, route, isList }: CallKind, work: () => Promise<T>): Promise<T> {
    const latency = this.#latency();
    const cost = costOf(latency, { method, route, isList });
    if (latency.concurrency === undefined && cost === 0) return work();
    await this.#enter(latency.concurrency ?? Infinity);
    try {
      if (cost > 0) await delay(cost);
    } finally {
      this.#leave();
    }
    return work();
  }

  async #enter(places: number): Promise<void> {
    if (this.#busy < places) {
      this.#busy += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve)); // the place is handed over, not freed
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#busy -= 1;
    else next();
  }
}

function costOf(latency: Latency, { method, route, isList }: CallKind): number {
  switch (method) {
    case 'POST':
      return (route === '/projects' ? latency.createProject : undefined) ?? latency.create ?? 0;
    case 'PUT':
    case 'PATCH':
      return latency.update ?? 0;
    case 'DELETE':
      return latency.delete ?? 0;
    default:
      return (isList ? latency.list : latency.read) ?? 0;
  }
}
