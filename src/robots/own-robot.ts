import type { Verdict } from '../api/verdict.js';
import { pause } from '../clock/pause.js';
import { Since } from '../clock/since.js';
import type { Read } from '../credentials/secrets.js';
import type { HarborApi } from '../harbor/api.js';
import { isHarborError } from '../harbor/http/errors.js';
import { backoffMs } from '../kubernetes/backoff.js';
import { isKubernetesError, LeaseLostError } from '../kubernetes/errors.js';
import type { LogSink } from '../api/log-sink.js';
import { keepOwnRobot } from './keep-own-robot.js';
import type { LoginStore, OwnRobotResult } from './keep-own-robot.js';
import { ROBOT_SECRET } from './own-login.js';

/** A robot that was deleted, disabled or renamed in Harbor is noticed so soon. */
const CHECK_EVERY_MS = 600_000;
const BACKOFF = { baseMs: 2000, ceilingMs: 300_000 };
/** What only a person can change, and a bug, is tried again slowly. */
const SLOW_RETRY_MS = 300_000;

/** Harbor, logged in as a user who may make robots. */
export type RobotsClient = Pick<HarborApi, 'listSystemRobots' | 'createRobot' | 'deleteRobot'> & { close(): void };

interface OwnRobotOptions {
  /** Asked anew each time: the login may have changed. */
  readonly client: () => Read<RobotsClient>;
  readonly store: LoginStore;
  readonly clusterId: string;
  readonly log: LogSink;
  /** ms since 1970. */
  readonly now: () => number;
  /** ms of a clock that never goes back. */
  readonly monotonic: () => number;
}

/** Makes, keeps and replaces the operator's own robot account while it runs. Mirrors wait for its Secret at the first start. */
export class OwnRobot {
  readonly #options: OwnRobotOptions;
  readonly #stopped = new AbortController();
  readonly #since: Since;
  #failures = 0;
  #said: string | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: OwnRobotOptions) {
    this.#options = options;
    this.#since = new Since(options.monotonic);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** @returns after how many ms to look again */
  async look(): Promise<number> {
    try {
      const client = this.#options.client();
      if (!client.ok) return this.#waits(messageOf(client.problem));
      const result = await this.#keep(client.value);
      return result.kind === 'foreign' ? this.#blocked(result.names) : this.#done(result);
    } catch (error) {
      if (isHarborError(error) || isKubernetesError(error) || error instanceof LeaseLostError) {
        return this.#waits(error.message);
      }
      this.#options.log.error('A bug of the operator, in what sees to its robot account. Please report it.', { error });
      return SLOW_RETRY_MS;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await pause(await this.look(), signal);
    }
  }

  async #keep(robots: RobotsClient): Promise<OwnRobotResult> {
    const { store, clusterId, now } = this.#options;
    const knownForMs = (username: string): number => this.#since.elapsed('login', username);
    try {
      return await keepOwnRobot({ robots, store, clusterId, now, knownForMs });
    } finally {
      robots.close();
    }
  }

  #done({ kind, againInMs = CHECK_EVERY_MS }: Exclude<OwnRobotResult, { kind: 'foreign' }>): number {
    this.#failures = 0;
    this.#said = undefined;
    if (kind === 'written') {
      this.#options.log.info('The operator has a new login for its robot account in Harbor.', { secret: ROBOT_SECRET });
    }
    return Math.min(againInMs, CHECK_EVERY_MS);
  }

  /** Heals by itself; said once for each cause. */
  #waits(message: string): number {
    this.#failures += 1;
    const line = `The operator's robot account could not be seen to; trying again. ${message}`;
    if (this.#said !== message) this.#options.log.warn(line);
    this.#said = message;
    return backoffMs(this.#failures, BACKOFF);
  }

  #blocked(names: readonly string[]): number {
    const who = names.join(' and ');
    this.#options.log.error(`Harbor has a robot account ${who} that isn't this operator's. Delete or rename it there.`);
    return SLOW_RETRY_MS;
  }
}

function messageOf(problem: Verdict): string {
  return problem.kind === 'ready' ? '' : problem.message;
}
