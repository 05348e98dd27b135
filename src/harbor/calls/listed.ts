type Key = string | number;

/** Objects of one kind by id, and by what else they are looked up by. */
export class Listed<T extends { readonly id: number }, Index extends string> {
  readonly #items = new Map<number, T>();
  readonly #keyOf: Readonly<Record<Index, (item: T) => Key | undefined>>;
  readonly #indexes: Readonly<Record<Index, Map<Key, Map<number, T>>>>;

  constructor(items: Iterable<T>, keyOf: Readonly<Record<Index, (item: T) => Key | undefined>>) {
    this.#keyOf = keyOf;
    const empty = Object.keys(keyOf).map((index) => [index, new Map()]);
    this.#indexes = Object.fromEntries(empty) as Record<Index, Map<Key, Map<number, T>>>;
    for (const item of items) this.set(item);
  }

  get(id: number): T | undefined {
    return this.#items.get(id);
  }

  values(): readonly T[] {
    return [...this.#items.values()];
  }

  /** All that have this key in this index. */
  where(index: Index, key: Key): readonly T[] {
    return [...(this.#indexes[index].get(key)?.values() ?? [])];
  }

  /** Adds it, or replaces the one with its id. */
  set(item: T): void {
    this.delete(item.id);
    this.#items.set(item.id, item);
    this.#eachKey(item, (keys, key) => {
      const same = keys.get(key) ?? new Map<number, T>();
      keys.set(key, same.set(item.id, item));
    });
  }

  delete(id: number): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#eachKey(item, (keys, key) => {
      const same = keys.get(key);
      same?.delete(id);
      if (same?.size === 0) keys.delete(key);
    });
  }

  #eachKey(item: T, act: (keys: Map<Key, Map<number, T>>, key: Key) => void): void {
    for (const index of Object.keys(this.#keyOf) as Index[]) {
      const key = this.#keyOf[index](item);
      if (key !== undefined) act(this.#indexes[index], key);
    }
  }
}
