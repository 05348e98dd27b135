import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesApi } from './api.js';
import { backoffMs } from './backoff.js';
import { errorFromAnswer, isKubernetesError } from './errors.js';
import type { KubernetesObject, Resource } from './objects.js';
import { isNewer } from './objects.js';

/** A change of the store. `previous` is what the store held before, if it held the object. */
export interface InformerEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly previous: T | undefined;
}

export interface InformerOptions {
  readonly labelSelector?: string;
  readonly onError: (error: unknown) => void;
  /** Called after each whole list, its events included. */
  readonly onList?: () => void;
  /** Seconds after which the API server ends a watch; the informer then resumes where it was. */
  readonly watchSeconds?: number;
}

const BACKOFF = { baseMs: 200, ceilingMs: 30_000 };

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string; readonly reason?: string };
}

/**
 * A local copy of a collection, kept by list + watch. A watch that ends is resumed from the last resourceVersion seen
 * (bookmarks included), so nothing in the gap is lost; a 410 Gone lists anew, and what is missing then is reported as deleted.
 */
export class Informer<T extends KubernetesObject> {
  readonly #api: KubernetesApi;
  readonly #resource: Resource;
  readonly #options: InformerOptions;
  readonly #store = new Map<string, T>();
  readonly #handlers: ((event: InformerEvent<T>) => void)[] = [];
  readonly #stopped = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  /** Objects deleted since the last list, by uid: an answer to our own write may arrive after the deletion was seen. */
  readonly #deleted = new Set<string>();
  #resourceVersion: string | undefined;
  #failures = 0;
  #loop: Promise<void> | undefined;
  #hasSynced = false;

  constructor(api: KubernetesApi, resource: Resource, options: InformerOptions) {
    this.#api = api;
    this.#resource = resource;
    this.#options = options;
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

  get(name: string): T | undefined {
    return this.#store.get(name);
  }

  list(): readonly T[] {
    return [...this.#store.values()];
  }

  /**
   * Takes in the answer to a write of our own, so that the next look at the store already sees it. Older versions and
   * objects that were deleted meanwhile are ignored; no event is sent.
   */
  observe(object: T): void {
    if (object.metadata.uid !== undefined && this.#deleted.has(object.metadata.uid)) return;
    const current = this.#store.get(object.metadata.name);
    if (current === undefined || isNewer(object, current)) this.#store.set(object.metadata.name, object);
  }

  /** Takes an object whose deletion we were told of out of the store. */
  forget(name: string): void {
    this.#store.delete(name);
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
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
    if (isKubernetesError(error, 'gone')) {
      this.#resourceVersion = undefined;
      return;
    }
    this.#failures += 1;
    this.#options.onError(error);
    const wait = Math.max(
      backoffMs(this.#failures, BACKOFF),
      isKubernetesError(error) ? Math.min(error.retryAfterMs ?? 0, BACKOFF.ceilingMs) : 0,
    );
    await delay(wait, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  async #list(): Promise<void> {
    const items: T[] = [];
    const query = this.#query();
    let page = await this.#api.listPage<T>(this.#resource, query);
    items.push(...page.items);
    while (page.metadata.continue) {
      page = await this.#api.listPage<T>(this.#resource, query, page.metadata.continue);
      items.push(...page.items);
    }
    this.#replace(items);
    this.#resourceVersion = page.metadata.resourceVersion;
    this.#hasSynced = true;
    this.#synced.resolve(undefined);
    this.#options.onList?.();
  }

  #replace(items: readonly T[]): void {
    this.#deleted.clear();
    const listed = new Map(items.map((item) => [item.metadata.name, item]));
    for (const [name, known] of [...this.#store]) {
      const now = listed.get(name);
      // The same name with another uid was deleted and made again in the gap.
      if (now === undefined || now.metadata.uid !== known.metadata.uid) this.#apply('DELETED', known);
    }
    for (const item of items) this.#apply(this.#store.has(item.metadata.name) ? 'MODIFIED' : 'ADDED', item);
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
    let seen = 0;
    try {
      for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
        if (line === '') continue;
        this.#take(JSON.parse(line) as WatchLine);
        seen += 1;
        this.#failures = 0;
      }
    } finally {
      signal.removeEventListener('abort', destroy);
      stream.destroy();
    }
    // A server that ends watches at once must not be asked in a tight loop.
    if (seen === 0 && !signal.aborted) throw new Error(`the watch of ${this.#resource.plural} ended without an event`);
  }

  #take(line: WatchLine): void {
    const { object } = line;
    if (line.type === 'ERROR')
      throw errorFromAnswer(`watch ${this.#resource.plural}`, object.code ?? 500, object, undefined);
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    if (line.type !== 'BOOKMARK') this.#apply(line.type, object as unknown as T);
  }

  #apply(type: InformerEvent<T>['type'], object: T): void {
    const { name, uid } = object.metadata;
    const previous = this.#store.get(name);
    if (type === 'DELETED') {
      this.#store.delete(name);
      if (uid !== undefined) this.#deleted.add(uid);
    } else if (previous !== undefined && previous.metadata.uid === uid && !isNewer(object, previous)) {
      // An echo of what `observe` took in already.
      return;
    } else {
      this.#store.set(name, object);
    }
    for (const handler of this.#handlers) handler({ type, object, previous });
  }

  #query(): Record<string, string> {
    return this.#options.labelSelector === undefined ? {} : { labelSelector: this.#options.labelSelector };
  }
}
