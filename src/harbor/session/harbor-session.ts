import { pause } from '../../clock/pause.js';
import type { HarborClient } from '../client.js';
import { HarborError } from '../http/errors.js';
import { HarborInventory } from '../inventory.js';
import type { SystemInfo } from '../types.js';
import type { HarborFacts, PullHost } from './facts.js';
import { checkHarbor } from './harbor-check.js';
import { HarborHealth } from './harbor-health.js';
import type { HealthThresholds } from './harbor-health.js';
import { newsOf } from './news.js';
import type { SessionChange } from './news.js';
import { Retentions } from './retentions.js';
import { UpstreamApi } from './upstream/upstream-api.js';
import type { UpstreamCalls } from './upstream/upstream-calls.js';

const SWEEP_EVERY_MS = 40_000;
const INFO_MAX_AGE_MS = 600_000;
/** Nothing is done for mirrors until Harbor has answered once: it is asked at least so often until then. */
const UNKNOWN_CHECK_EVERY_MS = 10_000;
/** After a bug the loop goes on, and doesn't fill the log. */
const BUG_PAUSE_MS = 60_000;

export interface HarborSessionOptions {
  readonly url: string;
  readonly client: HarborClient;
  readonly checkEveryMs: number;
  readonly thresholds: HealthThresholds;
  /** Whether Harbor counted as up before the operator started. */
  readonly wasUp: boolean;
  /** Shared by all sessions with this Harbor. */
  readonly upstreamCalls: UpstreamCalls;
  readonly onChange: (change: SessionChange) => void;
  /** There is an answer for this mirror. */
  readonly onTurn: (mirror: string) => void;
  /** Asks what these credentials may not do. @throws HarborError */
  readonly findMissingPermissions: FindMissingPermissions;
  /** Told once per session, where there are any. */
  readonly onMissingPermissions: (permissions: readonly string[]) => void;
  /** Told at each sweep, for what else there is to be tidied up. What it throws counts as what a chore throws. */
  readonly onSweep?: (session: HarborSession) => Promise<void>;
  /** What is no HarborError: the session goes on, slowly. */
  readonly onBug: (error: unknown) => void;
  /** Default: a minute. */
  readonly bugPauseMs?: number;
  readonly now: () => number;
}

export type FindMissingPermissions = (
  client: HarborClient,
  someProject: number | undefined,
  signal: AbortSignal,
) => Promise<readonly string[]>;

/** One Harbor with one login: its client, the picture of what it holds, and the facts about it. */
export class HarborSession {
  readonly url: string;
  readonly client: HarborClient;
  readonly inventory: HarborInventory;
  readonly retentions: Retentions;
  readonly upstreams: UpstreamApi;
  /** Endpoint types that this Harbor was seen to refuse for proxy projects. */
  readonly unproxied = new Set<string>();
  /** Fields of the spec that this Harbor took and did not keep: its version lacks them. */
  readonly unsupported = new Set<string>();
  /** Resolves when it was checked for the first time, whatever that found: for who has nothing else to do meanwhile. */
  readonly checkedOnce: Promise<undefined>;
  readonly #options: HarborSessionOptions;
  readonly #health: HarborHealth;
  readonly #stopped = new AbortController();
  readonly #onChecked: () => void;
  #pullHost: PullHost = { kind: 'unknown' };
  #version: string | undefined;
  #infoAt = -Infinity;
  #sweptAt: number | undefined;
  #missing: readonly string[] | undefined;
  #loop: Promise<void> | undefined;
  #chores: Promise<void> | undefined;

  constructor(options: HarborSessionOptions) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.checkedOnce = promise;
    this.#onChecked = () => {
      resolve(undefined);
    };
    this.#options = options;
    this.url = options.url;
    this.client = options.client;
    this.inventory = new HarborInventory(options.client, options.now, { signal: this.signal });
    this.retentions = new Retentions(options.client, this.signal, options.now);
    this.upstreams = new UpstreamApi({ ...options, calls: options.upstreamCalls, onAnswer: options.onTurn });
    this.#health = new HarborHealth(options.thresholds, options.wasUp);
  }

  /** Begins to check Harbor, again and again. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the session: what it is doing is aborted. Resolves when all is over. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await this.#chores;
    this.client.close();
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** What is known of Harbor at this moment. */
  get facts(): HarborFacts {
    return {
      availability: this.#health.availability,
      pullHost: this.#pullHost,
      version: this.#version,
      missingPermissions: this.#missing ?? [],
    };
  }

  /** The interval counts from the start of a check: one that runs into its deadline is not followed by a longer pause. */
  async #run(): Promise<void> {
    const { signal } = this;
    const { checkEveryMs, bugPauseMs = BUG_PAUSE_MS, now, onBug } = this.#options;
    while (!signal.aborted) {
      const startedAt = now();
      let intervalMs = checkEveryMs;
      try {
        await this.#check();
        if (this.facts.availability.kind === 'unknown') intervalMs = Math.min(intervalMs, UNKNOWN_CHECK_EVERY_MS);
      } catch (error) {
        onBug(error);
        intervalMs = Math.max(intervalMs, bugPauseMs);
      }
      this.#onChecked();
      const pauseMs = startedAt + intervalMs * (0.9 + Math.random() * 0.1) - now();
      await pause(pauseMs, signal);
    }
  }

  async #check(): Promise<void> {
    const { signal } = this;
    const { now, onChange } = this.#options;
    const before = this.facts;
    const isInfoDue = now() - this.#infoAt >= INFO_MAX_AGE_MS;
    const [result] = await Promise.all([
      checkHarbor(this.client, { signal }),
      isInfoDue ? this.#lookAtInfo() : undefined,
    ]);
    if (signal.aborted) return;
    this.#health.report(result);
    // Harbor is away while it is upgraded, and what it lost meanwhile is not to be waited for.
    if (result.kind === 'fails') this.#lookAtAllAgain();
    if (before.availability.kind === 'down' && this.facts.availability.kind !== 'down') this.#forgetPicture();
    const news = newsOf(before, this.facts);
    if (news !== undefined) onChange(news);
    if (result.kind === 'works' && this.facts.availability.kind === 'up') this.#chores ??= this.#doChores();
  }

  #lookAtAllAgain(): void {
    this.#infoAt = -Infinity;
    this.#sweptAt = -Infinity;
  }

  /** After an outage nothing of before is known: Harbor may have come back from a backup, without its projects. */
  #forgetPicture(): void {
    this.inventory.invalidate();
    this.retentions.forgetAll();
  }

  /** What fails here is asked again with the next check. */
  async #lookAtInfo(): Promise<void> {
    try {
      this.#takeIn(await this.client.systemInfo({ signal: this.signal }));
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      if (this.#pullHost.kind === 'unknown') this.#pullHost = { kind: 'unknown', problem: error.message };
    }
  }

  #takeIn({ version, externalUrl }: SystemInfo): void {
    // The version is given to nobody whose login is refused, and the url then isn't either: that says nothing.
    if (version === undefined) return;
    this.#infoAt = this.#options.now();
    const host = externalUrl === undefined ? undefined : URL.parse(externalUrl)?.host;
    if (host !== undefined) this.#pullHost = { kind: 'known', host };
    else if (this.#pullHost.kind === 'unknown') this.#pullHost = { kind: 'unsaid' };
    const before = this.#version;
    this.#version = version;
    if (before === undefined || before === version) return;
    // What one version lacked the next may have: it is tried again.
    this.unsupported.clear();
    this.unproxied.clear();
    this.inventory.invalidate();
    this.#options.onChange('contents');
  }

  /** Beside the checks, which must not wait for long lists. What fails here is tried again after a later check. */
  async #doChores(): Promise<void> {
    try {
      await this.#lookAtPermissions();
      await this.#sweep();
    } catch (error) {
      if (!(error instanceof HarborError)) this.#options.onBug(error);
    } finally {
      this.#chores = undefined;
    }
  }

  /** What went missing is noticed within a minute, however long the intervals of the mirrors are. */
  async #sweep(): Promise<void> {
    const now = this.#options.now();
    this.#sweptAt ??= now;
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    const found = await this.inventory.compare(() => this.client.listPresent({ signal: this.signal }));
    if (found === 'upstreams') this.#options.onChange('upstreams');
    if (found === 'lost') {
      this.inventory.invalidate();
      this.#options.onChange('contents');
      return;
    }
    await this.#options.onSweep?.(this);
  }

  /** Once per session, and so again with new credentials. */
  async #lookAtPermissions(): Promise<void> {
    if (this.#missing !== undefined) return;
    const { findMissingPermissions, onMissingPermissions } = this.#options;
    const [project] = (await this.inventory.view({ maxAgeMs: Infinity })).projects();
    this.#missing = await findMissingPermissions(this.client, project?.id, this.signal);
    if (this.#missing.length > 0) onMissingPermissions(this.#missing);
  }
}
