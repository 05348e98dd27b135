import type { KubernetesObject } from '../objects.js';
import { isNewer } from '../objects.js';
import { ObjectIndex } from './object-index.js';

/** A change of the store. `previous` is what the handlers were last told of the object, if anything. */
export interface StoreEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly previous: T | undefined;
  /** A list lacked it: it is not as it was in the end, but as it was known before. */
  readonly isMissed?: true;
}

/** Writes of our own that the watch has not told of yet. */
interface OwnWrites<T> {
  readonly versions: Set<string>;
  readonly told: T | undefined;
}

/** What a watch told of an object while writes of our own to it are under way. */
interface HeldEvents<T> {
  writes: number;
  events: (readonly [type: StoreEvent<T>['type'], object: T, isMissed: boolean])[];
}

export interface StoreOptions<T> {
  /** What `get` and `forget` know an object by, where names alone don't tell them apart. Default: its name. */
  readonly keyOf?: (object: T) => string;
  /** What `having` finds an object by. */
  readonly indexedBy?: (object: T) => readonly string[];
}

/**
 * The objects of one collection by name, from three sources that overtake each other: lists, a watch's events, and the answers to writes of
 * our own. The newest version wins, and handlers are told of each change by others once.
 */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #tell: (event: StoreEvent<T>) => void;
  readonly #keyOf: (object: T) => string;
  /** Objects deleted since the last list, by uid: an answer to our own write may arrive after the deletion was seen. */
  readonly #deleted = new Set<string>();
  readonly #ownWrites = new Map<string, OwnWrites<T>>();
  /** By name, while writes of our own are under way. */
  readonly #held = new Map<string, HeldEvents<T>>();
  /** Kept here, and not by who is told of changes, since nobody is told of our own writes. */
  readonly #index = new ObjectIndex<T>();
  readonly #indexedBy: StoreOptions<T>['indexedBy'];

  constructor(tell: (event: StoreEvent<T>) => void, { keyOf, indexedBy }: StoreOptions<T> = {}) {
    this.#tell = tell;
    this.#keyOf = keyOf ?? (({ metadata }) => metadata.name);
    this.#indexedBy = indexedBy;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  values(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** The objects that are indexed by this value, as they are now. */
  having(value: string): readonly T[] {
    if (this.#indexedBy === undefined) throw new Error('These objects are not indexed.');
    return this.#index.get(value);
  }

  /**
   * Takes in the answer to a write of our own. Older versions and objects that were deleted meanwhile are ignored. Nobody is told of it; but of
   * what someone else changed shortly before, once the watch tells of that.
   */
  observe(object: T): void {
    const name = this.#keyOf(object);
    const { uid, resourceVersion = '' } = object.metadata;
    if (uid !== undefined && this.#deleted.has(uid)) return;
    const current = this.#objects.get(name);
    if (current !== undefined && !isNewer(object, current)) return;
    const { versions, told } = this.#ownWrites.get(name) ?? { versions: [], told: current };
    this.#ownWrites.set(name, { versions: new Set([...versions, resourceVersion]), told });
    this.#put(name, object);
  }

  /** Carries out a write of our own. Events of the object that come sooner than its answer wait for that. */
  async write(name: string, send: () => Promise<T>): Promise<T> {
    const held = this.#held.get(name) ?? { writes: 0, events: [] };
    held.writes += 1;
    this.#held.set(name, held);
    try {
      const written = await send();
      this.observe(written);
      return written;
    } finally {
      held.writes -= 1;
      if (held.writes === 0) this.#letGo(name, held);
    }
  }

  /** Takes an object whose deletion we were told of out of the store; one that has its name by now stays. */
  forget(object: T): void {
    const name = this.#keyOf(object);
    if (this.#objects.get(name)?.metadata.uid === object.metadata.uid) this.#remove(name);
  }

  /** Takes in a whole list: what is missing in it was deleted. */
  replace(items: readonly T[]): void {
    this.#deleted.clear();
    // The list is younger than they are.
    for (const held of this.#held.values()) held.events = [];
    const unconfirmed = new Map(this.#ownWrites);
    this.#ownWrites.clear();
    const listed = new Map(items.map((item) => [this.#keyOf(item), item]));
    for (const [name, known] of [...this.#objects]) {
      const now = listed.get(name);
      // The same name with another uid was deleted and made again in the gap.
      if (now === undefined || now.metadata.uid !== known.metadata.uid) this.apply('DELETED', known, true);
    }
    for (const item of items) {
      const name = this.#keyOf(item);
      const current = this.#objects.get(name);
      const own = unconfirmed.get(name);
      if (current === undefined || own === undefined) this.apply(current === undefined ? 'ADDED' : 'MODIFIED', item);
      else {
        // Whether anyone else wrote besides ourselves will not be told any more.
        const object = isNewer(item, current) ? item : current;
        this.#put(name, object);
        this.#tell({ type: own.told === undefined ? 'ADDED' : 'MODIFIED', object, previous: own.told });
      }
    }
  }

  /** Takes in one event of a watch; or, `isMissed`, what a list lacks. */
  apply(type: StoreEvent<T>['type'], object: T, isMissed = false): void {
    const name = this.#keyOf(object);
    const held = this.#held.get(name);
    if (held !== undefined) {
      held.events.push([type, object, isMissed]);
      return;
    }
    const { uid, resourceVersion = '' } = object.metadata;
    const previous = this.#objects.get(name);
    const own = this.#ownWrites.get(name);
    if (type === 'DELETED') {
      if (uid !== undefined) this.#deleted.add(uid);
      if (previous !== undefined && isSuccessor(previous, object)) return;
      this.#remove(name);
    } else if (previous === undefined || previous.metadata.uid !== uid || isNewer(object, previous)) {
      this.#put(name, object);
      this.#ownWrites.delete(name);
      // Made after the list that it was missing in.
      if (uid !== undefined) this.#deleted.delete(uid);
    } else {
      if (own === undefined || this.#isEcho(name, own, resourceVersion)) return;
      // Someone else's change, from before a write of our own whose answer had it in it already.
      this.#ownWrites.set(name, { ...own, told: previous });
      this.#tell({ type, object: previous, previous: own.told });
      return;
    }
    this.#tell({ type, object, previous, ...(isMissed ? { isMissed } : {}) });
  }

  #remove(name: string): void {
    this.#objects.delete(name);
    this.#index.delete(name);
    this.#ownWrites.delete(name);
  }

  #put(name: string, object: T): void {
    this.#objects.set(name, object);
    if (this.#indexedBy !== undefined) this.#index.set(name, object, this.#indexedBy(object));
  }

  #letGo(name: string, { events }: HeldEvents<T>): void {
    this.#held.delete(name);
    for (const event of events) this.apply(...event);
  }

  /** Whether this version came of a write of our own; each is told once. */
  #isEcho(name: string, { versions }: OwnWrites<T>, resourceVersion: string): boolean {
    const isOwn = versions.delete(resourceVersion);
    if (versions.size === 0) this.#ownWrites.delete(name);
    return isOwn;
  }
}

/** Whether the one object was made after the other one of the same name was deleted. */
function isSuccessor(one: KubernetesObject, other: KubernetesObject): boolean {
  return one.metadata.uid !== other.metadata.uid && isNewer(one, other);
}
