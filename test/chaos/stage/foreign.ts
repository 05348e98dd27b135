import type { Cluster } from '../../cluster/cluster.js';
import { NAMESPACE } from '../../support/operator.js';
import type { Cast } from '../story/fleet.js';
import { foreignIn, plantIn } from './foreign-in-harbor.js';
import type { Harbors } from './harbors.js';

const POLICY = '/apis/kyverno.io/v1/clusterpolicies/somebodys-policy';
const BUILT_IN = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/somebodys-policy';
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/somebodys-secret`;

/** What somebody else has in Harbor and in the cluster, and what it was like before the run. */
export class Foreign {
  readonly #cluster: Cluster;
  readonly #harbors: Harbors;
  #before: readonly string[] = [];

  constructor(cluster: Cluster, harbors: Harbors) {
    this.#cluster = cluster;
    this.#harbors = harbors;
  }

  async plant(fleet: readonly Cast[]): Promise<void> {
    for (const [, harbor] of this.#harbors.all()) await plantIn(harbor, fleet);
    await this.#cluster.apply([clusterPolicy, builtInPolicy, secret]);
    this.#before = await this.#look();
  }

  /** What is another than it was, in words. */
  async changes(): Promise<readonly string[]> {
    return differences(this.#before, await this.#look());
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
    return [...this.#harbors.all().flatMap(([, harbor]) => foreignIn(harbor)), ...objects];
  }
}

export function differences(before: readonly string[], now: readonly string[]): readonly string[] {
  return [
    ...before.filter((text) => !now.includes(text)).map((text) => `this is gone, or not so any more: ${text}`),
    ...now.filter((text) => !before.includes(text)).map((text) => `this was not there, or not so: ${text}`),
  ];
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
