import { setTimeout as delay } from 'node:timers/promises';
import type { HarborClient } from '../client.js';
import { HarborError } from '../http/errors.js';
import { HarborInventory } from '../inventory.js';
import type { InventoryView } from '../inventory.js';
import type { Retention } from '../types.js';
import type { Action } from '../../mirror/plan/actions.js';
import type { Desired } from '../../mirror/desired.js';
import { HarborHealth } from './harbor-health.js';
import type { HealthThresholds } from './harbor-health.js';
import { missingPermissions } from '../../robots/check.js';

const SWEEP_EVERY_MS = 40_000;
const INFO_MAX_AGE_MS = 600_000;
/** Retention policies have no list: each is a read of its own, so they are looked at less often than the rest. */
const RETENTION_MAX_AGE_MS = 3_600_000;

export interface HarborSessionOptions {
  readonly url: string;
  /** host[:port] that nodes pull from; undefined: what Harbor says of itself. */
  readonly pullHost: string | undefined;
  readonly client: HarborClient;
  readonly checkEveryMs: number;
  readonly thresholds: HealthThresholds;
  /** Whether Harbor counted as up before the operator started. */
  readonly wasUp: boolean;
  /** Harbor came up or went down, or something went missing in it. */
  readonly onChange: () => void;
  /** These permissions are missing; told once per session. */
  readonly onMissingPermissions?: (url: string, permissions: readonly string[]) => void;
  readonly now: () => number;
}

/** One Harbor with one set of credentials: its client, the picture of what it holds, and whether it is up. */
export class HarborSession {
  readonly url: string;
  readonly client: HarborClient;
  readonly inventory: HarborInventory;
  readonly health: HarborHealth;
  /** Endpoint types that this Harbor was seen to refuse for proxy projects. */
  readonly unproxied = new Set<string>();
  /** Settings that this Harbor took and did not keep: its version lacks them. */
  readonly unsupported = new Set<string>();
  readonly #options: HarborSessionOptions;
  readonly #stopped = new AbortController();
  readonly #retentions = new Map<number, { readonly value: Retention | 'none'; readonly at: number }>();
  #pullHost: { readonly value: string; readonly at: number } | undefined;
  #asking: Promise<string | undefined> | undefined;
  #version: { readonly value: string | undefined; readonly at: number } | undefined;
  #sweptAt: number | undefined;
  #missing: readonly string[] | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: HarborSessionOptions) {
    this.#options = options;
    this.url = options.url;
    this.client = options.client;
    this.inventory = new HarborInventory(options.client, options.now);
    this.health = new HarborHealth(options.thresholds, options.wasUp);
  }

  start(): void {
    this.#loop ??= this.#check();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    this.client.close();
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** What these credentials were seen not to be allowed, in the words of Harbor's form. */
  get missingPermissions(): readonly string[] {
    return this.#missing ?? [];
  }

  /** host[:port] that nodes pull from, as far as it is known without asking. */
  get knownPullHost(): string | undefined {
    return this.#options.pullHost ?? this.#pullHost?.value;
  }

  /**
   * host[:port] that nodes pull from.
   *
   * @throws HarborError where Harbor can't be asked
   * @returns undefined where Harbor doesn't say
   */
  async pullHost(): Promise<string | undefined> {
    if (this.#options.pullHost !== undefined) return this.#options.pullHost;
    const known = this.#pullHost;
    if (known !== undefined && this.#options.now() - known.at < INFO_MAX_AGE_MS) return known.value;
    this.#asking ??= this.#askPullHost();
    return await this.#asking;
  }

  async #askPullHost(): Promise<string | undefined> {
    try {
      const { externalUrl } = await this.client.systemInfo({ signal: this.signal });
      if (externalUrl === undefined || !URL.canParse(externalUrl)) return this.#pullHost?.value;
      this.#pullHost = { value: new URL(externalUrl).host, at: this.#options.now() };
      return this.#pullHost.value;
    } finally {
      this.#asking = undefined;
    }
  }

  /**
   * The retention policy of a mirror's project; undefined where the mirror doesn't manage it or there is no project.
   *
   * @throws HarborError
   */
  async retentionFor(
    view: InventoryView,
    { retention, projectName }: Pick<Desired, 'retention' | 'projectName'>,
  ): Promise<Retention | 'none' | undefined> {
    const project = retention === undefined ? undefined : view.projectByName(projectName);
    if (project === undefined) return undefined;
    const known = this.#retentions.get(project.id);
    const now = this.#options.now();
    if (known !== undefined && now - known.at < RETENTION_MAX_AGE_MS) return known.value;
    const { signal } = this;
    // Harbor gives a new proxy project a policy of its own, which the answer to its creation doesn't tell.
    const id = project.retentionId ?? (await this.client.getProject(project.id, { signal }))?.retentionId;
    const value = id === undefined ? 'none' : await this.client.getRetention(id, { signal });
    this.#retentions.set(project.id, { value, at: now });
    return value;
  }

  /** To be told of each write: what it made out of date is read anew. */
  forgetRetention(action: Action): void {
    if (action.kind === 'SetRetention') this.#retentions.delete(action.projectId);
  }

  /** Only credentials may read, and a node needs the token service: both are asked, since either alone can be down. */
  async #check(): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      const failure = await this.#failure();
      if (this.#isStopped()) return;
      if (this.health.report(failure)) this.#options.onChange();
      const pause = this.#options.checkEveryMs * (0.9 + Math.random() * 0.2);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What went missing is noticed within a minute, however long the intervals of the mirrors are. */
  async #sweep(): Promise<void> {
    const now = this.#options.now();
    if (!this.health.isUp || now - (this.#sweptAt ?? now - 1) < SWEEP_EVERY_MS) {
      this.#sweptAt ??= now;
      return;
    }
    this.#sweptAt = now;
    const present = await this.client.listPresent({ signal: this.signal });
    if (!(await this.inventory.lacks(present))) return;
    this.inventory.invalidate();
    this.#options.onChange();
  }

  /** What fails here is asked again with the next check: Harbor is no less up for it. */
  async #getToKnow(): Promise<void> {
    try {
      await this.#lookAtVersion();
      await this.#lookAtPermissions();
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
    }
  }

  /** Once per session, and so again with new credentials. */
  async #lookAtPermissions(): Promise<void> {
    if (this.#missing !== undefined) return;
    const { signal } = this;
    const [project] = (await this.inventory.view({ maxAgeMs: Infinity })).projects();
    this.#missing = await missingPermissions(this.client, project?.id, { signal });
    if (this.#missing.length > 0) this.#options.onMissingPermissions?.(this.url, this.#missing);
  }

  /** What one version lacked the next may have: after an upgrade it is tried again. Harbor is away during one, or it is noticed later. */
  async #lookAtVersion(): Promise<void> {
    const at = this.#options.now();
    const before = this.#version;
    if (before !== undefined && at - before.at < INFO_MAX_AGE_MS) return;
    const { version: value } = await this.client.systemInfo({ signal: this.signal });
    this.#version = { value, at };
    if (before === undefined || before.value === value) return;
    this.unsupported.clear();
    this.unproxied.clear();
    this.inventory.invalidate();
    this.#options.onChange();
  }

  #isStopped(): boolean {
    return this.signal.aborted;
  }

  async #failure(): Promise<string | undefined> {
    try {
      await this.client.checkAccess({ signal: this.signal });
      await this.client.checkTokenService({ signal: this.signal });
      await this.#getToKnow();
      await this.#sweep();
      return undefined;
    } catch (error) {
      if (this.#version !== undefined) this.#version = { ...this.#version, at: -Infinity };
      if (error instanceof HarborError) return error.message;
      throw error;
    }
  }
}
