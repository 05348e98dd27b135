import { OPERATOR } from '../../../src/api/group.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { NAMESPACE } from '../../support/operator.js';
import { asAdmin } from '../../support/world.js';
import { FOREIGN_PROJECT } from '../story/fleet.js';
import type { Harbors } from './harbors.js';

const POLICY = '/apis/kyverno.io/v1/clusterpolicies/somebodys-policy';
const BUILT_IN = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/somebodys-policy';
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/somebodys-secret`;
const MIRRORED = 'somebodys-marked-cache';

/** What somebody else has in Harbor and in the cluster, and what it was like before the run. */
export class Foreign {
  readonly #cluster: Cluster;
  readonly #harbors: Harbors;
  #before: readonly string[] = [];

  constructor(cluster: Cluster, harbors: Harbors) {
    this.#cluster = cluster;
    this.#harbors = harbors;
  }

  async plant(): Promise<void> {
    const anotherCluster = `[${OPERATOR} v1 cluster=another mirror=chaos-000 endpoint=created project=created deletion=Delete]`;
    for (const [, harbor] of this.#harbors.all()) {
      await plantProject(harbor, FOREIGN_PROJECT, 'made by hand');
      await plantProject(harbor, MIRRORED, anotherCluster);
      await plantEndpoint(harbor, 'somebodys-endpoint', `unused ${anotherCluster}`);
    }
    await this.#cluster.apply([clusterPolicy, builtInPolicy, secret]);
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
    for (const path of [POLICY, BUILT_IN, SECRET]) await this.#cluster.api.send('DELETE', path);
  }

  async #look(): Promise<readonly string[]> {
    const cluster = this.#cluster;
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
    return [...this.#harbors.all().flatMap(([, harbor]) => inHarbor(harbor)), ...objects];
  }
}

function inHarbor(harbor: HarborStandIn): readonly string[] {
  const endpoints = harbor.endpoints().filter(({ name }) => name.startsWith('somebodys-'));
  const projects = harbor.projects().filter(({ name }) => name.startsWith('somebodys-') || name === 'library');
  // Harbor's own health check may change an endpoint's status.
  const kept = endpoints.map((endpoint) => ({ ...endpoint, status: 'not compared' }));
  return [JSON.stringify(kept), JSON.stringify(projects)];
}

async function plantProject(harbor: HarborStandIn, name: string, description: string): Promise<void> {
  const endpoint = await plantEndpoint(harbor, name, description);
  await asAdmin(harbor, 'POST', '/projects', { project_name: name, registry_id: endpoint, public: true });
}

async function plantEndpoint(harbor: HarborStandIn, name: string, description: string): Promise<number> {
  const url = `https://${name}.example.org`;
  return asAdmin(harbor, 'POST', '/registries', { name, description, url, type: 'docker-registry' });
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
