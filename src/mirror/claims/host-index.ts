import type { RegistryMirror } from '../../api/registry-mirror.js';
import { upstreamHosts } from '../../api/spec/upstream-types.js';
import { ObjectIndex } from '../../kubernetes/cache/object-index.js';
import { claims } from './conflicts.js';
import type { Claim } from './conflicts.js';

/** Which mirrors name which host, which claim the same of one, and which use the same Harbor. */
export class HostIndex {
  readonly #byHost = new ObjectIndex<RegistryMirror>();
  readonly #byClaim = new ObjectIndex<RegistryMirror>();
  readonly #byHarbor = new ObjectIndex<RegistryMirror>();

  /** Takes a mirror in, or its new version. */
  set(mirror: RegistryMirror): void {
    const { name } = mirror.metadata;
    const { url, pullHost } = mirror.spec.harbor ?? {};
    this.#byHost.set(name, mirror, upstreamHosts(mirror.spec));
    this.#byClaim.set(name, mirror, claims(mirror).map(keyOf));
    this.#byHarbor.set(name, mirror, [JSON.stringify([url, pullHost])]);
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
