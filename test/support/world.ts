import { findCondition } from '../../src/api/conditions.js';
import type { ConditionType } from '../../src/api/conditions.js';
import type { Condition, RegistryMirror } from '../../src/api/registry-mirror.js';
import type { Cluster } from '../cluster/cluster.js';
import { startHarbor } from '../harbor/index.js';
import type { HarborOptions, HarborStandIn } from '../harbor/index.js';
import { sceneHeader } from '../harbor/seen.js';
import { installOperator, startOperator } from './operator.js';
import type { OperatorOptions, OperatorProcess } from './operator.js';
import { eventually } from './wait.js';

export const MIRRORS = '/apis/registrymirror.io/v1alpha1/registrymirrors';
export const PULL_HOST = 'harbor.cache.test';

/** A mirror's spec as a person writes it. */
export type LooseSpec = Readonly<Record<string, unknown>>;

/** A cluster, a Harbor and an operator that works on both: what a user sees of them, and what a user does. */
export class World {
  readonly cluster: Cluster;
  readonly harbor: HarborStandIn;
  #operator: OperatorProcess | undefined;
  #starts = 0;
  readonly #env: Readonly<Record<string, string>>;

  constructor(cluster: Cluster, harbor: HarborStandIn, env: Readonly<Record<string, string>>) {
    this.cluster = cluster;
    this.harbor = harbor;
    this.#env = env;
  }

  get operator(): OperatorProcess {
    if (this.#operator === undefined) throw new Error('The operator is not running.');
    return this.#operator;
  }

  /** @param more - what this start needs beside what the world gives */
  async startOperator(more: Partial<Pick<OperatorOptions, 'kubeconfig' | 'env'>> = {}): Promise<void> {
    const login = this.harbor.addRobot(`operator-${String(this.#starts++)}`);
    const { url: harborUrl } = this.harbor;
    const env = { ...this.#env, ...more.env };
    this.#operator = await startOperator(this.cluster, { harborUrl, pullHost: PULL_HOST, login, ...more, env });
  }

  async killOperator(): Promise<void> {
    await this.#operator?.kill();
    this.#operator = undefined;
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
    const { code, stderr } = await this.cluster.kubectl(['delete', 'registrymirror', ...names, '--timeout=30s']);
    if (code !== 0) throw new Error(`kubectl delete failed: ${stderr}\n${await this.#story()}`);
  }

  async #deletePolicies(): Promise<void> {
    const selector = ['-l', 'registrymirror.io/managed-by'];
    const builtIn = 'mutatingadmissionpolicies,mutatingadmissionpolicybindings';
    await this.cluster.kubectl(['delete', builtIn, ...selector]);
    // A cluster without Kyverno doesn't know these.
    for (const kind of ['clusterpolicies', 'mutatingpolicies'])
      await this.cluster.kubectl(['delete', kind, ...selector]);
  }

  /** What one would look at to find out why something doesn't happen. */
  async #story(): Promise<string> {
    const { items } = await this.cluster.api.json<{ items: readonly RegistryMirror[] }>('GET', MIRRORS);
    const log = this.#operator?.log().slice(-30) ?? [];
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

  /** A call to Harbor's API by someone else, who may do everything. Returns the id of what it made. */
  async asAdmin(method: string, route: string, body?: object): Promise<number> {
    const { username, password } = this.harbor.admin;
    const response = await fetch(`${this.harbor.url}/api/v2.0${route}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        [sceneHeader]: 'by someone else',
        Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return Number(response.headers.get('location')?.split('/').at(-1));
  }

  /** The image that a new Pod of this image gets. */
  async imageOfNewPod(image: string, namespace = 'default'): Promise<string> {
    const pod = { metadata: { generateName: 'probe-' }, spec: { containers: [{ name: 'c', image }] } };
    const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
    const created = await this.cluster.api.json<{ spec: { containers: { image: string }[] } }>('POST', path, pod);
    return created.spec.containers[0]?.image ?? '';
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

  /** Takes away all that tests left, and ends. */
  async stop(): Promise<void> {
    await this.killOperator();
    const { api } = this.cluster;
    await api.json('DELETE', MIRRORS);
    const left = await api.json<{ items: readonly RegistryMirror[] }>('GET', MIRRORS);
    const unheld = { metadata: { finalizers: null } };
    for (const { metadata } of left.items) {
      await api.send('PATCH', `${MIRRORS}/${metadata.name}`, unheld, 'application/merge-patch+json');
    }
    await this.#deletePolicies();
    // The webhook goes a little later than the policy; the next spec wants none.
    await eventually(async () => {
      const { stdout: webhooks } = await this.cluster.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'yaml']);
      if (webhooks.includes('registry-mirrors-')) throw new Error('there is a webhook');
    });
    await this.harbor.stop();
  }
}

export interface WorldOptions {
  readonly harbor?: HarborOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the operator runs from the start. Default: true. */
  readonly operator?: boolean;
}

/** Sets a world up on a running cluster. */
export async function createWorld(cluster: Cluster, options: WorldOptions = {}): Promise<World> {
  const harbor = await startHarbor({ unmappedHealthy: true, ...options.harbor });
  await installOperator(cluster);
  const world = new World(cluster, harbor, options.env ?? {});
  if (options.operator ?? true) await world.startOperator();
  return world;
}
