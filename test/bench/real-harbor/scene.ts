import { randomBytes } from 'node:crypto';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { Cluster } from '../../cluster/cluster.js';
import { startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import { harborVersion, makeOperatorRobot, useHarbor } from '../../integration/real-harbor/harbor-under-test.js';
import type { HarborUnderTest } from '../../integration/real-harbor/harbor-under-test.js';
import { takeAway } from '../../integration/real-harbor/take-away.js';
import { createMirrors } from '../../support/fleet.js';
import { installOperator, startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import type { Login } from '../../harbor/index.js';

const REPOSITORY = 'team/app';
const TAG = '1';
/** Every upstream has it. */
export const IMAGE = `${REPOSITORY}:${TAG}`;

/** As it is installed: not what makes tests fast. */
const ENV = { LOG_LEVEL: 'info', HEALTH_INTERVAL: '10s', MIN_INTERVAL: '30s' };

/** A Harbor, registries that are the mirrors' upstreams, and an operator that calls Harbor with nothing in between. */
export class Scene {
  readonly cluster: Cluster;
  readonly harbor: HarborUnderTest;
  /** How the names of all that is made in Harbor begin. */
  readonly prefix = `rmo-${randomBytes(4).toString('hex')}`;
  readonly #upstreams: UpstreamRegistry[] = [];
  #login: Login | undefined;
  #operator: OperatorProcess | undefined;

  private constructor(cluster: Cluster, harbor: HarborUnderTest) {
    this.cluster = cluster;
    this.harbor = harbor;
  }

  static async on(cluster: Cluster): Promise<Scene> {
    await installOperator(cluster);
    // No controller makes one here, and no Pod is let in without.
    await cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }]);
    return new Scene(cluster, await useHarbor(harborVersion));
  }

  get operator(): OperatorProcess {
    if (this.#operator === undefined) throw new Error('The operator is not running.');
    return this.#operator;
  }

  async startOperator(): Promise<void> {
    this.#login ??= await makeOperatorRobot(this.harbor, `${this.prefix}-operator`);
    this.#operator = await startOperator(this.cluster, { harborUrl: this.harbor.url, login: this.#login, env: ENV });
  }

  /** Mirrors that go with all that is theirs, each of an upstream of its own: Harbor is asked for one endpoint of an upstream at a time. */
  async mirrors(part: string, count: number, engine: PolicyEngine): Promise<ReturnType<typeof createMirrors>> {
    const urls: string[] = [];
    while (urls.length < count) urls.push(await this.#startUpstream());
    const common = { deletionPolicy: 'Delete', rewrite: { engine } };
    return createMirrors(`${this.prefix}-${part}`, count, common).map((mirror, index) => {
      const upstream = { type: 'docker-registry', url: urls[index], hosts: [hostOf(mirror.metadata.name)] };
      return { ...mirror, spec: { ...mirror.spec, upstream } };
    });
  }

  /** How many projects and endpoints of this scene Harbor has, as an administrator sees it. */
  async inHarbor(): Promise<{ readonly projects: number; readonly endpoints: number }> {
    const ours = ({ name }: { readonly name: string }): boolean => name.startsWith(this.prefix);
    const { client } = this.harbor;
    const [projects, endpoints] = [await client.listProjects(), await client.listEndpoints()];
    return { projects: projects.items.filter(ours).length, endpoints: endpoints.items.filter(ours).length };
  }

  async stop(): Promise<void> {
    await this.#operator?.kill();
    const path = '/api/v1/namespaces/kube-system';
    const { metadata } = await this.cluster.api.json<{ metadata: { uid: string } }>('GET', path);
    await takeAway(this.harbor.client, this.prefix, metadata.uid);
    for (const upstream of this.#upstreams) await upstream.stop();
    await this.harbor.stop();
  }

  async #startUpstream(): Promise<string> {
    const upstream = await startUpstreamRegistry(process.env.HARBOR_TEST_ADDRESS);
    this.#upstreams.push(upstream);
    upstream.addImage(REPOSITORY, TAG, 'bench');
    return upstream.url;
  }
}

export function hostOf(mirror: string): string {
  return `${mirror}.example.org`;
}
