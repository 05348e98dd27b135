import type { RegistryMirror } from '../api/registry-mirror.js';

/** Mirrors by some property of theirs, so that a look at one mirror doesn't cost a look at all of them. */
export class MirrorIndex {
  readonly #byKey = new Map<string, Map<string, RegistryMirror>>();
  readonly #keys = new Map<string, readonly string[]>();

  /** Takes a mirror in, or its new version, by all values that it has of the property. */
  set(mirror: RegistryMirror, keys: readonly string[]): void {
    const { name } = mirror.metadata;
    this.delete(name);
    this.#keys.set(name, keys);
    for (const key of keys) {
      const found = this.#byKey.get(key) ?? new Map<string, RegistryMirror>();
      this.#byKey.set(key, found.set(name, mirror));
    }
  }

  delete(name: string): void {
    for (const key of this.#keys.get(name) ?? []) {
      const found = this.#byKey.get(key);
      found?.delete(name);
      if (found?.size === 0) this.#byKey.delete(key);
    }
    this.#keys.delete(name);
  }

  /** The mirrors that have this value. */
  get(key: string): readonly RegistryMirror[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  /** The names of all mirrors. */
  names(): Iterable<string> {
    return this.#keys.keys();
  }

  /** Not copied: each look at a mirror asks, and a group may have thousands. */
  groups(): Iterable<Pick<ReadonlyMap<string, RegistryMirror>, 'values'>> {
    return this.#byKey.values();
  }
}
