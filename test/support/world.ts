import type { RegistryMirror } from '../../src/api/registry-mirror.js';
import type { Cluster } from '../cluster/cluster.js';
import { startHarbor } from '../harbor/index.js';
import type { HarborOptions, HarborStandIn } from '../harbor/index.js';
import { sceneHeader } from '../harbor/seen.js';
import { Mirrors, MIRRORS } from './mirrors.js';
import { installOperator, startOperator } from './operator.js';
import type { OperatorOptions, OperatorProcess } from './operator.js';
import { eventually } from './wait.js';

export { MIRRORS } from './mirrors.js';
export type { LooseSpec } from './mirrors.js';

export const PULL_HOST = 'harbor.cache.test';

/** A cluster, a Harbor and an operator that works on both: what a user sees of them, and what a user does. */
export class World extends Mirrors {
  readonly harbor: HarborStandIn;
  #operator: OperatorProcess | undefined;
  #starts = 0;
  readonly #env: Readonly<Record<string, string>>;

  constructor(cluster: Cluster, harbor: HarborStandIn, env: Readonly<Record<string, string>>) {
    super(cluster, () => this.#operator?.log() ?? []);
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

  async #deletePolicies(): Promise<void> {
    const selector = ['-l', 'registrymirror.io/managed-by'];
    const builtIn = 'mutatingadmissionpolicies,mutatingadmissionpolicybindings';
    await this.cluster.kubectl(['delete', builtIn, ...selector]);
    // A cluster without Kyverno doesn't know these.
    for (const kind of ['clusterpolicies', 'mutatingpolicies'])
      await this.cluster.kubectl(['delete', kind, ...selector]);
  }

  /** A call to Harbor's API by someone else, who may do everything. Returns the id of what it made. */
  async asAdmin(method: string, route: string, body?: object): Promise<number> {
    return await asAdmin(this.harbor, method, route, body);
  }

  /** Takes away all that tests left, and ends; Harbor whatever happens, since a server that is left keeps the run from ending. */
  async stop(): Promise<void> {
    try {
      await this.killOperator();
      await eventually(async () => {
        await this.#deleteMirrors();
      });
      await this.#deletePolicies();
      // The webhook goes a little later than the policy; the next spec wants none.
      await eventually(async () => {
        const { stdout: webhooks } = await this.cluster.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'yaml']);
        if (webhooks.includes('registry-mirrors')) throw new Error('there is a webhook');
      });
    } finally {
      await this.harbor.stop();
    }
  }

  /** Throws where the API server refuses a call for now, as a busy one does with 429. */
  async #deleteMirrors(): Promise<void> {
    const { api } = this.cluster;
    await api.json('DELETE', MIRRORS);
    const left = await api.json<{ items: readonly RegistryMirror[] }>('GET', MIRRORS);
    const unheld = { metadata: { finalizers: null } };
    for (const { metadata } of left.items) {
      await api.send('PATCH', `${MIRRORS}/${metadata.name}`, unheld, 'application/merge-patch+json');
    }
  }
}

/** A call to a Harbor's API by someone else than the operator, who may do everything. Returns the id of what it made. */
export async function asAdmin(
  { url, admin: { username, password } }: HarborStandIn,
  method: string,
  route: string,
  body?: object,
): Promise<number> {
  const response = await fetch(`${url}/api/v2.0${route}`, {
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
