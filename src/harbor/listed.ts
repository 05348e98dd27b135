import { Turn } from '../clock/turn.js';
import type { Call } from './http/call.js';
import type { Listing } from './types.js';
import { UnreadableObjects } from './unreadable.js';
import type { Trace } from './unreadable.js';
import { unreadableItem } from './wire/pages.js';

type Key = string | number;

/** What is listed, for the message about an object that can't be read. */
interface ListedAs {
  readonly noun: string;
  readonly route: string;
}

/**
 * Objects of one kind by id, and by what else they are looked up by. To look up what is there and can't be read throws: the answer "not there" would
 * be wrong, and an object is made or given up for it.
 */
export class Listed<T extends { readonly id: number }, Index extends Trace> {
  readonly #items = new Map<number, T>();
  readonly #as: ListedAs;
  readonly #keyOf: Readonly<Record<Index, (item: T) => Key | undefined>>;
  readonly #indexes: Readonly<Record<Index, Map<Key, Map<number, T>>>>;
  readonly unreadable: UnreadableObjects;

  constructor(
    { items, unreadable }: Listing<T>,
    as: ListedAs,
    keyOf: Readonly<Record<Index, (item: T) => Key | undefined>>,
  ) {
    this.#as = as;
    this.#keyOf = keyOf;
    this.unreadable = new UnreadableObjects(unreadable);
    const empty = Object.keys(keyOf).map((index) => [index, new Map()]);
    this.#indexes = Object.fromEntries(empty) as Record<Index, Map<Key, Map<number, T>>>;
    for (const item of items) this.#add(item);
  }

  /** The same in several turns of the event loop: the marks of thousands of objects are read for it. */
  static async of<T extends { readonly id: number }, Index extends Trace>(
    { items, unreadable }: Listing<T>,
    as: ListedAs,
    keyOf: Readonly<Record<Index, (item: T) => Key | undefined>>,
    turn = new Turn(),
  ): Promise<Listed<T, Index>> {
    const listed = new Listed<T, Index>({ items: [], unreadable }, as, keyOf);
    for (const item of items) {
      if (turn.isLong) await turn.breathe();
      listed.#add(item);
    }
    return listed;
  }

  /** @throws HarborError where it is there, or may be, and can't be read */
  get(id: number): T | undefined {
    const item = this.#items.get(id);
    if (item === undefined) this.#assertReadable('id', id);
    return item;
  }

  values(): readonly T[] {
    return [...this.#items.values()];
  }

  /**
   * All that have this key in this index.
   *
   * @throws HarborError where one of them can't be read
   */
  where(index: Index, key: Key): readonly T[] {
    this.#assertReadable(index, key);
    return [...(this.#indexes[index].get(key)?.values() ?? [])];
  }

  /** Adds it, or replaces the one with its id. */
  set(item: T): void {
    this.delete(item.id);
    this.#add(item);
  }

  delete(id: number): void {
    this.unreadable.forget(id);
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#eachKey(item, (keys, key) => {
      const same = keys.get(key);
      same?.delete(id);
      if (same?.size === 0) keys.delete(key);
    });
  }

  #assertReadable(trace: Trace, value: Key): void {
    const item = this.unreadable.at(trace, value);
    if (item === undefined) return;
    const call: Call = { method: 'GET', route: this.#as.route };
    throw unreadableItem(call, this.#as.noun, item);
  }

  #add(item: T): void {
    this.#items.set(item.id, item);
    this.#eachKey(item, (keys, key) => {
      const same = keys.get(key) ?? new Map<number, T>();
      keys.set(key, same.set(item.id, item));
    });
  }

  #eachKey(item: T, act: (keys: Map<Key, Map<number, T>>, key: Key) => void): void {
    for (const index of Object.keys(this.#keyOf) as Index[]) {
      const key = this.#keyOf[index](item);
      if (key !== undefined) act(this.#indexes[index], key);
    }
  }
}
