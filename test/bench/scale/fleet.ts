import { findCondition } from '../../../src/api/conditions.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { Informer } from '../../../src/kubernetes/cache/informer.js';
import { MIRRORS as RESOURCE } from '../../../src/mirror/resource.js';
import type { Cluster } from '../../cluster/cluster.js';
import { createMirrors } from '../../support/fleet.js';
import { eventually } from '../../support/wait.js';
import type { ScaleOptions } from './options.js';

const LOOK_EVERY_MS = 50;

/** The mirrors of a run, watched: to list thousands again and again would cost more than what is measured. */
export class Fleet {
  readonly #informer: Informer<RegistryMirror>;
  readonly #ready = new Set<string>();
  #count = 0;

  constructor(cluster: Cluster) {
    const warn = (error: unknown): void => {
      process.stderr.write(`Watching the mirrors failed: ${String(error)}\n`);
    };
    this.#informer = new Informer(new KubernetesApi(cluster.kubeConfig()), RESOURCE, { onError: warn });
    this.#informer.onChange(({ type, object }) => {
      const { name } = object.metadata;
      if (type === 'ADDED') this.#count += 1;
      if (type === 'DELETED') this.#count -= 1;
      if (type !== 'DELETED' && isReady(object)) this.#ready.add(name);
      else this.#ready.delete(name);
    });
    this.#informer.start();
  }

  get(name: string): RegistryMirror | undefined {
    return this.#informer.get(name);
  }

  async untilReady(count: number): Promise<void> {
    await this.until(`${count} mirrors to be Ready`, () => {
      if (this.#ready.size < count) throw new Error(`${this.#ready.size} are Ready`);
    });
  }

  async untilLeft(count: number): Promise<void> {
    await this.until('the mirrors to be gone', () => {
      if (this.#count > count) throw new Error(`${this.#count} are there`);
    });
  }

  async until(message: string, attempt: () => void | Promise<void>): Promise<void> {
    await eventually(attempt, { timeoutMs: 540_000, intervalMs: LOOK_EVERY_MS, message });
  }

  async stop(): Promise<void> {
    await this.#informer.stop();
  }
}

/** The state for this generation, and no older one. */
function isReady({ metadata, status }: RegistryMirror): boolean {
  const isCurrent = status.observedGeneration === metadata.generation;
  return isCurrent && findCondition(status.conditions, 'Ready')?.status === 'True';
}

/** Mirrors that go with all that is theirs. */
export function mirrorsOf(
  prefix: string,
  count: number,
  engine: PolicyEngine,
  { isOneHost, intervalMinutes }: ScaleOptions,
): ReturnType<typeof createMirrors> {
  const common = { deletionPolicy: 'Delete', interval: `${intervalMinutes}m` };
  return createMirrors(prefix, count, { ...common, rewrite: { engine } }).map((mirror, index) => {
    if (!isOneHost) return mirror;
    const rewrite = { engine, repositories: { include: [`${prefix}-${index}/**`] } };
    return { ...mirror, spec: { ...mirror.spec, ...upstreamOfAll, rewrite } };
  });
}

const upstreamOfAll = { upstream: { type: 'docker-registry', url: 'https://registry.example.org' } };
