import type { RegistryMirror } from '../../api/registry-mirror.js';
import { upstreamHosts } from '../../api/spec/upstream-types.js';
import { claims } from './conflicts.js';
import type { Claim } from './conflicts.js';

/** Mirrors by some property of theirs, so that a look at one mirror doesn't cost a look at all of them. */
class Index {
  readonly #byKey = new Map<string, Map<string, RegistryMirror>>();
  readonly #keys = new Map<string, readonly string[]>();

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

  get(key: string): readonly RegistryMirror[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  /** Not copied: each look at a mirror asks, and a group may have thousands. */
  groups(): Iterable<Pick<ReadonlyMap<string, RegistryMirror>, 'values'>> {
    return this.#byKey.values();
  }
}

/** Which mirrors name which host, which claim the same of one, and which use the same Harbor. */
export class HostIndex {
  readonly #byHost = new Index();
  readonly #byClaim = new Index();
  readonly #byHarbor = new Index();

  /** Takes a mirror in, or its new version. */
  set(mirror: RegistryMirror): void {
    const { url, pullHost } = mirror.spec.harbor ?? {};
    this.#byHost.set(mirror, upstreamHosts(mirror.spec));
    this.#byClaim.set(mirror, claims(mirror).map(keyOf));
    this.#byHarbor.set(mirror, [JSON.stringify([url, pullHost])]);
  }

  delete(name: string): void {
    this.#byHost.delete(name);
    this.#byClaim.delete(name);
    this.#byHarbor.delete(name);
  }

  /** The mirrors that name this host. */
  naming(host: string): readonly RegistryMirror[] {
    return this.#byHost.get(host);
  }

  /** All mirrors that claim something that this one claims, too, itself among them: thousands may share a host and take other repositories of it. */
  sharing(mirror: RegistryMirror): readonly RegistryMirror[] {
    const found = new Map([[mirror.metadata.name, mirror]]);
    for (const claim of claims(mirror)) {
      for (const sharer of this.#byClaim.get(keyOf(claim)))
        if (!found.has(sharer.metadata.name)) found.set(sharer.metadata.name, sharer);
    }
    return [...found.values()];
  }

  /**
   * The mirrors whose images nodes pull from this host.
   *
   * @param pullHostOf - where nodes pull from for a mirror, as far as it is known; asked once for each Harbor
   */
  pullingFrom(host: string, pullHostOf: (mirror: RegistryMirror) => string | undefined): readonly RegistryMirror[] {
    const found: (readonly RegistryMirror[])[] = [];
    for (const group of this.#byHarbor.groups()) {
      const [first] = group.values();
      if (first !== undefined && pullHostOf(first) === host) found.push([...group.values()]);
    }
    return found.flat();
  }
}

function keyOf({ host, prefix }: Pick<Claim, 'host' | 'prefix'>): string {
  return `${host} ${prefix}`;
}
