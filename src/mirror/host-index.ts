import type { RegistryMirror } from '../api/registry-mirror.js';
import { upstreamHosts } from '../api/upstream-types.js';

/** Which mirrors name which host, so that a look at one mirror doesn't cost a look at all of them. */
export class HostIndex {
  readonly #byHost = new Map<string, Map<string, RegistryMirror>>();
  readonly #hosts = new Map<string, readonly string[]>();

  /** Takes a mirror in, or its new version. */
  set(mirror: RegistryMirror): void {
    const { name } = mirror.metadata;
    this.delete(name);
    const hosts = upstreamHosts(mirror.spec);
    this.#hosts.set(name, hosts);
    for (const host of hosts) {
      const sharers = this.#byHost.get(host) ?? new Map<string, RegistryMirror>();
      this.#byHost.set(host, sharers.set(name, mirror));
    }
  }

  delete(name: string): void {
    for (const host of this.#hosts.get(name) ?? []) {
      const sharers = this.#byHost.get(host);
      sharers?.delete(name);
      if (sharers?.size === 0) this.#byHost.delete(host);
    }
    this.#hosts.delete(name);
  }

  /** All mirrors that share a host with this one, itself among them. */
  sharing(mirror: RegistryMirror): readonly RegistryMirror[] {
    const found = new Map([[mirror.metadata.name, mirror]]);
    for (const host of upstreamHosts(mirror.spec)) {
      for (const [name, sharer] of this.#byHost.get(host) ?? []) if (!found.has(name)) found.set(name, sharer);
    }
    return [...found.values()];
  }
}
