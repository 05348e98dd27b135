import { createInterface } from 'node:readline';
import { pause } from '../../clock/pause.js';
import type { KubernetesApi } from '../api.js';
import { backoffMs } from '../backoff.js';
import { errorFromAnswer, isKubernetesError, KubernetesError } from '../errors.js';
import { listServed } from '../listing.js';
import type { KubernetesObject, Resource } from '../objects.js';
import type { InformerOptions } from './informer-options.js';
import { Schemas } from '../schema.js';
import { slim } from './slim.js';
import { ObjectStore } from './store.js';
import type { StoreEvent } from './store.js';
import type { WatchLine } from './watch-line.js';

export type InformerEvent<T> = StoreEvent<T>;

/** The collection can't be read: why, and for how long by now. What the store holds may be as old as that. */
export interface ReadTrouble {
  readonly error: unknown;
  readonly ms: number;
}

const BACKOFF_MS = 200;
const BACKOFF_CEILING_MS = 30_000;
/** A watch that ends sooner counts as failed: a server that flaps must not be asked in a tight loop. */
const SHORT_WATCH_MS = 1000;

/**
 * A local copy of a collection, kept by list + watch. A watch that ends is resumed from the last resourceVersion seen
 * (bookmarks included), so nothing in the gap is lost; a 410 Gone lists anew, and what is missing then is reported as deleted.
 */
export class Informer<T extends KubernetesObject> {
  readonly #api: KubernetesApi;
  readonly #collection: Resource;
  readonly #options: InformerOptions<T>;
  readonly #keep: (object: T) => T;
  readonly #schemas: Schemas;
  readonly #store: ObjectStore<T>;
  readonly #handlers: ((event: InformerEvent<T>) => void)[] = [];
  readonly #stopped = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  #resource: Resource;
  #resourceVersion: string | undefined;
  readonly #now: () => number;
  #failures = 0;
  #trouble: { readonly error: unknown; readonly since: number } | undefined;
  /** When the watch that is open was opened. */
  #watchingSince: number | undefined;
  #lastSignAt: number;
  #loop: Promise<void> | undefined;
  #hasSynced = false;

  constructor(api: KubernetesApi, resource: Resource, options: InformerOptions<T>) {
    this.#api = api;
    this.#collection = resource;
    this.#resource = resource;
    this.#schemas = new Schemas(api);
    this.#options = options;
    this.#keep = options.take ?? slim<T>;
    this.#now = options.now ?? (() => performance.now());
    this.#lastSignAt = this.#now();
    this.#store = new ObjectStore<T>((event) => {
      for (const handler of this.#handlers) handler(event);
    }, options);
  }

  /** Calls `handler` after each change of the store. It must not throw. */
  onChange(handler: (event: InformerEvent<T>) => void): void {
    this.#handlers.push(handler);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#synced.resolve(undefined);
    await this.#loop;
  }

  /** Resolves once the first list is in the store, or the informer was stopped. */
  async synced(): Promise<void> {
    await this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Undefined while lists and watches succeed. */
  get trouble(): ReadTrouble | undefined {
    if (this.#trouble === undefined || this.#isWatching()) return undefined;
    return { error: this.#trouble.error, ms: this.#now() - this.#trouble.since };
  }

  /** For how many ms there has been no sign of life of the loop that lists and watches: bounded by the time that a watch is open. */
  get silentMs(): number {
    return this.#now() - this.#lastSignAt;
  }

  /** The collection in the version in which it was read last. */
  get resource(): Resource {
    return this.#resource;
  }

  get(name: string): T | undefined {
    return this.#store.get(name);
  }

  list(): readonly T[] {
    return this.#store.values();
  }

  /** The objects that are indexed by this value: as `get` has them, own writes included. */
  having(value: string): readonly T[] {
    return this.#store.having(value);
  }

  /**
   * Takes in the answer to a write of our own, so that the next look at the store already sees it. Older versions and
   * objects that were deleted meanwhile are ignored. No event is sent for it; one is for what someone else changed shortly
   * before, once the watch tells of that.
   */
  observe(object: T): void {
    this.#store.observe(this.#keep(object));
  }

  /** Carries out a write of our own and takes its answer in; what the watch tells of it sooner waits, since nobody is to be told of our own write. */
  async write(key: string, send: () => Promise<T>): Promise<T> {
    return await this.#store.write(key, async () => this.#keep(await send()));
  }

  /** Takes an object whose deletion we were told of out of the store; one that has its name by now stays. */
  forget(object: T): void {
    this.#store.forget(object);
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#lastSignAt = this.#now();
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        await this.#watch();
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#failures += 1;
    // A watch that isn't found any more may have been one of a version that is no longer served.
    const isOtherVersion = isKubernetesError(error, 'notFound') && this.#resourceVersion !== undefined;
    // What comes after a kind that was gone is another collection.
    if (isKubernetesError(error, 'gone', 'notFound')) this.#resourceVersion = undefined;
    if (isOtherVersion || isKubernetesError(error, 'gone')) {
      // At once, unless the list itself goes on leading there.
      if (this.#failures === 1) return;
    } else {
      this.#trouble = { error, since: this.#trouble?.since ?? this.#now() };
      this.#options.onError(error);
    }
    const wait = Math.max(
      backoffMs(this.#failures, { baseMs: this.#options.backoffMs ?? BACKOFF_MS, ceilingMs: BACKOFF_CEILING_MS }),
      isKubernetesError(error) ? Math.min(error.retryAfterMs ?? 0, BACKOFF_CEILING_MS) : 0,
    );
    await pause(wait, this.#stopped.signal);
  }

  async #list(): Promise<void> {
    const options = { query: this.#query(), signal: this.#stopped.signal, take: this.#keep, schemas: this.#schemas };
    const listing = await listServed<T>(this.#api, this.#collection, options);
    this.#resource = listing.resource;
    this.#store.replace(listing.items);
    this.#resourceVersion = listing.resourceVersion;
    this.#hasSynced = true;
    this.#synced.resolve(undefined);
    this.#options.onList?.();
  }

  async #watch(): Promise<void> {
    const seconds = Math.round((this.#options.watchSeconds ?? 300) * (1 + Math.random()));
    // The API server ends the watch in time; a connection that died without a word is ended by us a little later.
    const deadline = AbortSignal.timeout((seconds + 15) * 1000);
    const signal = AbortSignal.any([deadline, this.#stopped.signal]);
    const query = {
      ...this.#query(),
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: seconds,
      resourceVersion: this.#resourceVersion ?? '',
    };
    const stream = await this.#api.openWatch(this.#resource, query, signal);
    const destroy = (): void => {
      stream.destroy();
    };
    signal.addEventListener('abort', destroy, { once: true });
    const openedAt = this.#now();
    this.#watchingSince = openedAt;
    this.#options.onWatch?.();
    try {
      for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
        this.#lastSignAt = this.#now();
        if (line !== '') this.#take(JSON.parse(line) as WatchLine<T>);
      }
    } finally {
      signal.removeEventListener('abort', destroy);
      stream.destroy();
      if (this.#isWatching()) {
        this.#failures = 0;
        this.#trouble = undefined;
      }
      this.#watchingSince = undefined;
    }
    const ms = Math.round(this.#now() - openedAt);
    if (ms < SHORT_WATCH_MS && !signal.aborted)
      throw new KubernetesError('unavailable', `the watch of ${this.#resource.plural} ended after ${ms} ms`);
  }

  /** Whether a watch is open, and not only for the moment in which a server that flaps opens it. */
  #isWatching(): boolean {
    return this.#watchingSince !== undefined && this.#now() - this.#watchingSince >= SHORT_WATCH_MS;
  }

  #take(line: WatchLine<T>): void {
    if (line.type === 'ERROR')
      throw errorFromAnswer(`watch ${this.#resource.plural}`, line.object.code ?? 500, line.object, undefined);
    this.#resourceVersion = line.object.metadata.resourceVersion ?? this.#resourceVersion;
    if (line.type !== 'BOOKMARK') this.#store.apply(line.type, this.#keep(line.object));
  }

  #query(): Record<string, string> {
    return this.#options.labelSelector === undefined ? {} : { labelSelector: this.#options.labelSelector };
  }
}
