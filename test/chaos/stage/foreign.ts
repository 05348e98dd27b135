import { OPERATOR } from '../../../src/api/group.js';
import { NAMESPACE } from '../../support/operator.js';
import type { World } from '../../support/world.js';
import { FOREIGN_PROJECT } from '../story/fleet.js';

const POLICY = '/apis/kyverno.io/v1/clusterpolicies/somebodys-policy';
const BUILT_IN = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/somebodys-policy';
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/somebodys-secret`;
const MIRRORED = 'somebodys-marked-cache';

/** What somebody else has in Harbor and in the cluster, and what it was like before the run. */
export class Foreign {
  readonly #world: World;
  #before: readonly string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  async plant(): Promise<void> {
    const { cluster } = this.#world;
    const anotherCluster = `[${OPERATOR} v1 cluster=another mirror=chaos-000 endpoint=created project=created deletion=Delete]`;
    await this.#plantProject(FOREIGN_PROJECT, 'made by hand');
    await this.#plantProject(MIRRORED, anotherCluster);
    await this.#plantEndpoint('somebodys-endpoint', `unused ${anotherCluster}`);
    await cluster.apply([clusterPolicy, builtInPolicy, secret]);
    this.#before = await this.#look();
  }

  /** What is another than it was, in words. */
  async changes(): Promise<readonly string[]> {
    const now = await this.#look();
    return now.flatMap((text, index) =>
      text === this.#before[index] ? [] : [`was ${this.#before[index] ?? 'nothing'} and is ${text}`],
    );
  }

  async remove(): Promise<void> {
    for (const path of [POLICY, BUILT_IN, SECRET]) await this.#world.cluster.api.send('DELETE', path);
  }

  async #plantProject(name: string, description: string): Promise<void> {
    const endpoint = await this.#plantEndpoint(name, description);
    await this.#world.asAdmin('POST', '/projects', { project_name: name, registry_id: endpoint, public: true });
  }

  async #plantEndpoint(name: string, description: string): Promise<number> {
    const url = `https://${name}.example.org`;
    return this.#world.asAdmin('POST', '/registries', { name, description, url, type: 'docker-registry' });
  }

  async #look(): Promise<readonly string[]> {
    const { harbor, cluster } = this.#world;
    const endpoints = harbor.endpoints().filter(({ name }) => name.startsWith('somebodys-'));
    const projects = harbor.projects().filter(({ name }) => name.startsWith('somebodys-') || name === 'library');
    const objects = await Promise.all(
      // Kyverno writes its policies' status and nothing else of them.
      [POLICY, BUILT_IN, SECRET].map(async (path) => {
        const { status } = await cluster.api.send('GET', path);
        if (status !== 200) return `${path}: ${status}`;
        const object = await cluster.api.json<Planted>('GET', path);
        const { metadata, spec, data } = object;
        return JSON.stringify({
          path,
          uid: metadata.uid,
          labels: metadata.labels,
          annotations: metadata.annotations,
          spec,
          data,
        });
      }),
    );
    // Harbor's own health check may change an endpoint's status.
    const kept = endpoints.map((endpoint) => ({ ...endpoint, status: 'not compared' }));
    return [JSON.stringify(kept), JSON.stringify(projects), ...objects];
  }
}

interface Planted {
  readonly metadata: { readonly uid: string; readonly labels?: unknown; readonly annotations?: unknown };
  readonly spec?: unknown;
  readonly data?: unknown;
}

const clusterPolicy = {
  apiVersion: 'kyverno.io/v1',
  kind: 'ClusterPolicy',
  metadata: { name: 'somebodys-policy', labels: { team: 'somebody' } },
  spec: {
    rules: [
      {
        name: 'label',
        match: { any: [{ resources: { kinds: ['ConfigMap'], names: ['somebodys-*'] } }] },
        mutate: { patchStrategicMerge: { metadata: { labels: { seen: 'true' } } } },
      },
    ],
  },
};

const builtInPolicy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicy',
  metadata: { name: 'somebodys-policy' },
  spec: {
    reinvocationPolicy: 'Never',
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    },
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"seen": "true"}}}' },
      },
    ],
  },
};

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'somebodys-secret', namespace: NAMESPACE },
  stringData: { token: 'nobody-is-to-know-this-token' },
};
