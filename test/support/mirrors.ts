import { findCondition } from '../../src/api/conditions.js';
import type { ConditionType } from '../../src/api/conditions.js';
import type { Condition, RegistryMirror } from '../../src/api/registry-mirror.js';
import type { Cluster } from '../cluster/cluster.js';
import { newPod } from './new-pod.js';
import { eventually } from './wait.js';

export const MIRRORS = '/apis/registrymirror.io/v1alpha1/registrymirrors';

/** A mirror's spec as a person writes it. */
export type LooseSpec = Readonly<Record<string, unknown>>;

/** A log line of the operator. */
type LogLine = Readonly<Record<string, unknown>>;

/** What a user does with the mirrors of a cluster, and sees of them. */
export class Mirrors {
  readonly cluster: Cluster;
  readonly #log: () => readonly LogLine[];

  /** @param log - the operator's log, for the story of a failure */
  constructor(cluster: Cluster, log: () => readonly LogLine[] = () => []) {
    this.cluster = cluster;
    this.#log = log;
  }

  async apply(name: string, spec: LooseSpec, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const mirror = {
      apiVersion: 'registrymirror.io/v1alpha1',
      kind: 'RegistryMirror',
      metadata: { name, annotations },
      spec,
    };
    await this.cluster.apply([mirror]);
  }

  async get(name: string): Promise<RegistryMirror> {
    return await this.cluster.api.json<RegistryMirror>('GET', `${MIRRORS}/${name}`);
  }

  async condition(name: string, type: ConditionType): Promise<Condition | undefined> {
    return findCondition((await this.get(name)).status.conditions, type);
  }

  /** Waits until the condition of the mirror's present generation has this status and, where given, this reason. */
  async until(
    name: string,
    type: ConditionType,
    status: 'True' | 'False' | 'Unknown',
    reason?: string,
    timeoutMs = 40_000,
  ): Promise<Condition> {
    return await eventually(
      async () => {
        const mirror = await this.get(name);
        const condition = findCondition(mirror.status.conditions, type);
        const shown = `${type}=${condition?.status ?? 'absent'} ${condition?.reason ?? ''} ${condition?.message ?? ''}`;
        if (mirror.status.observedGeneration !== mirror.metadata.generation)
          throw new Error(`old generation, ${shown}`);
        if (condition?.status !== status || (reason !== undefined && condition.reason !== reason))
          throw new Error(shown);
        return condition;
      },
      { timeoutMs, message: `${name} to be ${type}=${status} ${reason ?? ''}` },
    );
  }

  async untilReady(name: string): Promise<void> {
    await this.until(name, 'Ready', 'True');
  }

  /** `kubectl delete`; resolves when the object is gone. */
  async delete(...names: readonly string[]): Promise<void> {
    const { code, stderr } = await this.cluster.kubectl(['delete', 'registrymirror', ...names, '--timeout=60s']);
    if (code !== 0) throw new Error(`kubectl delete failed: ${stderr}\n${await this.#story()}`);
  }

  /** What one would look at to find out why something doesn't happen. */
  async #story(): Promise<string> {
    const { items } = await this.cluster.api.json<{ items: readonly RegistryMirror[] }>('GET', MIRRORS);
    const log = this.#log().slice(-30);
    return [...items.map(({ metadata, status }) => ({ metadata, status })), ...log]
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  /** Asks for a look now, as a user would, and waits until the status says that it was had. */
  async reconcile(name: string): Promise<void> {
    const requestedAt = new Date().toISOString();
    const patch = { metadata: { annotations: { 'registrymirror.io/requestedAt': requestedAt } } };
    await this.cluster.api.json('PATCH', `${MIRRORS}/${name}`, patch, 'application/merge-patch+json');
    await eventually(async () => {
      const { status } = await this.get(name);
      if (status.lastHandledReconcileAt !== requestedAt) throw new Error('not handled yet');
    });
  }

  /** The image that a new Pod of this image gets. */
  async imageOfNewPod(image: string, namespace = 'default'): Promise<string> {
    return (await newPod(this, namespace, image)).image ?? '';
  }

  /** Waits until new Pods of this image get that one. */
  async untilImage(image: string, expected: string, timeoutMs = 40_000): Promise<void> {
    await eventually(
      async () => {
        const actual = await this.imageOfNewPod(image);
        if (actual !== expected) throw new Error(`it is ${actual}`);
      },
      { timeoutMs, message: `new Pods of ${image} to get ${expected}` },
    );
  }
}
