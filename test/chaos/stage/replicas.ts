import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { OperatorProcess } from '../../support/operator.js';

/** A replica that ended although nobody killed it. */
export interface OwnEnd {
  readonly replica: string;
  readonly code: number | null | undefined;
  readonly lastWords: string;
}

const LOOK_EVERY_MS = 250;
const MIB = 1024 ** 2;

/** Replicas of the operator that are started again when they end, as kubelet does. */
export class Replicas {
  readonly ownEnds: OwnEnd[] = [];
  /** Why replicas did not become ready; each was tried again. */
  readonly failedStarts: string[] = [];
  /** The most memory that any of them was seen to use. */
  peakMiB = 0;
  readonly #start: (name: string) => Promise<OperatorProcess>;
  readonly #running = new Map<string, OperatorProcess>();
  readonly #pastOutputs: (readonly [replica: string, output: string])[] = [];
  readonly #over = new AbortController();
  #starts = 0;
  #supervision: Promise<void> | undefined;

  /** @param start - starts one under a name of its own and resolves when it is ready */
  constructor(start: (name: string) => Promise<OperatorProcess>) {
    this.#start = start;
  }

  async start(count: number): Promise<void> {
    for (let started = 0; started < count; started += 1) await this.#startOne();
    this.#supervision = this.#supervise(count);
  }

  /** kill -9, or SIGTERM, as a rollout sends it. */
  async end(which: 'leader' | 'standby', signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
    const leader = await this.leader();
    const name = which === 'leader' ? leader : [...this.#running.keys()].find((replica) => replica !== leader);
    if (name === undefined) return `there is no ${which}`;
    await this.#end(name, signal);
    return `ended ${name}`;
  }

  /** Stops the leader for so long, as a machine does that is out of memory or asleep. */
  async freezeLeader(ms: number): Promise<string> {
    const name = await this.leader();
    const replica = name === undefined ? undefined : this.#running.get(name);
    if (name === undefined || replica === undefined) return 'there is no leader';
    process.kill(replica.daemon.pid, 'SIGSTOP');
    await pause(ms);
    if (replica.daemon.running()) process.kill(replica.daemon.pid, 'SIGCONT');
    return `froze ${name}`;
  }

  async leader(): Promise<string | undefined> {
    for (const [name, { metricsUrl }] of this.#running) if (await isLeader(metricsUrl)) return name;
    return undefined;
  }

  /** What all there ever were wrote. */
  outputs(): readonly (readonly [replica: string, output: string])[] {
    return [...this.#pastOutputs, ...[...this.#running].map(([name, replica]) => [name, replica.output()] as const)];
  }

  /** What those that run tell at /metrics. */
  async metrics(): Promise<string> {
    const texts = [...this.#running.values()].map(async ({ metricsUrl }) =>
      (await fetch(`${metricsUrl}/metrics`)).text(),
    );
    return (await Promise.all(texts)).join('\n');
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#supervision;
    await Promise.all([...this.#running.keys()].map(async (name) => this.#end(name)));
  }

  async #startOne(): Promise<void> {
    const name = `replica-${String(this.#starts++)}`;
    this.#running.set(name, await this.#start(name));
  }

  /** One that can't become ready, since the API server is away, is tried again; kubelet would do no other. */
  async #tryToStart(): Promise<void> {
    try {
      await this.#startOne();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failedStarts.push(error.message);
    }
  }

  async #supervise(count: number): Promise<void> {
    while (!this.#over.signal.aborted) {
      for (const [name, { daemon }] of this.#running) {
        if (daemon.running()) this.peakMiB = Math.max(this.peakMiB, residentMiB(daemon.pid));
        else await this.#noteOwnEnd(name);
      }
      if (this.#running.size < count) await this.#tryToStart();
      await pause(LOOK_EVERY_MS);
    }
  }

  async #noteOwnEnd(name: string): Promise<void> {
    const replica = this.#running.get(name);
    if (replica === undefined) return;
    const code = replica.daemon.exitCode();
    await this.#end(name);
    const lastError = replica.log().findLast(({ level }) => level === 'error');
    this.ownEnds.push({ replica: name, code, lastWords: JSON.stringify(lastError ?? 'no error in its log') });
  }

  async #end(name: string, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const replica = this.#running.get(name);
    if (replica === undefined) return;
    this.#running.delete(name);
    await (signal === 'SIGKILL' ? replica.kill() : replica.stop());
    this.#pastOutputs.push([name, replica.output()]);
  }
}

async function isLeader(metricsUrl: string): Promise<boolean> {
  try {
    const answer = await fetch(`${metricsUrl}/metrics`, { signal: AbortSignal.timeout(1000) });
    return (await answer.text()).includes('registry_mirror_leader 1');
  } catch (error) {
    // Frozen, or just killed: it leads nothing.
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Of a Linux process; 0 once it has ended. */
function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return Math.round((pages * 4096) / MIB);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return 0;
    throw error;
  }
}
