/** Objects by some property of theirs, so that a question about one of them doesn't cost a look at all. */
export class ObjectIndex<T> {
  readonly #byValue = new Map<string, Map<string, T>>();
  readonly #values = new Map<string, readonly string[]>();

  /** Takes an object in, or its new version, by all values that it has of the property. */
  set(name: string, object: T, values: readonly string[]): void {
    this.delete(name);
    this.#values.set(name, values);
    for (const value of values) {
      const found = this.#byValue.get(value) ?? new Map<string, T>();
      this.#byValue.set(value, found.set(name, object));
    }
  }

  delete(name: string): void {
    for (const value of this.#values.get(name) ?? []) {
      const found = this.#byValue.get(value);
      found?.delete(name);
      if (found?.size === 0) this.#byValue.delete(value);
    }
    this.#values.delete(name);
  }

  /** The objects that have this value. */
  get(value: string): readonly T[] {
    return [...(this.#byValue.get(value)?.values() ?? [])];
  }

  /** The names of all objects. */
  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** Not copied: each look at a mirror asks, and a group may have thousands. */
  groups(): Iterable<Pick<ReadonlyMap<string, T>, 'values'>> {
    return this.#byValue.values();
  }
}
