import type { Api } from '../cluster/api.js';
import { startCluster, type Cluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import type { MirrorEntry } from '../../src/engines/entry.js';
import { renderPolicies } from '../../src/engines/render.js';
import type { PolicyEngine } from '../../src/engines/settings.js';
import { dryRun, images, podOf } from '../integration/policy/pod.js';
import { PoliciesInForce } from '../integration/policy/policies.js';
import { eventually } from '../support/wait.js';
import { handMadePolicy } from './hand-made.js';
import { Samples } from './samples.js';

const COUNT = 200;
const SIZES = [1, 20, 100] as const;
const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];

/** Three images, of which the second decides. */
const USES = ['a.test/b/c:1', 'registry-0.test/nginx:1.25', 'b.test/x/y'];
const USES_NONE = ['a.test/b/c:1', 'c.test/nginx:1.25', 'b.test/x/y'];

interface Row {
  readonly what: string;
  readonly mirrors: number;
  readonly uses: Ratio;
  readonly usesNone: Ratio;
}

/** Medians and 90th percentiles, in ms and as multiples of "no policy" measured in turn with it. */
interface Ratio {
  readonly ms: string;
  readonly p50: number;
  readonly p90: number;
}

/** Prints what policies cost a Pod at admission, on clusters of its own. Times are of this machine; compare the ratios. */
export async function benchAdmission(print: (line: string) => void): Promise<void> {
  const bare = await startCluster({ audit: false, progress: progressToStderr });
  try {
    const cluster = await startCluster({ kyverno: true, audit: false, progress: progressToStderr });
    try {
      report(
        await measureAll({ api: cluster.api, bare: bare.api, namespace: await sameNamespace(cluster, bare) }),
        print,
      );
    } finally {
      await cluster.stop();
    }
  } finally {
    await bare.stop();
  }
}

/** Where policies are in force, and the same without any. */
interface Places {
  readonly api: Api;
  readonly bare: Api;
  readonly namespace: string;
}

async function sameNamespace(cluster: Cluster, bare: Cluster): Promise<string> {
  const namespace = await cluster.createNamespace();
  await bare.api.json('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await eventually(() => bare.api.json('GET', account), { message: 'the ServiceAccount default' });
  return namespace;
}

async function measureAll(places: Places): Promise<readonly Row[]> {
  const { api, namespace } = places;
  const rows: Row[] = [];
  for (const engine of ENGINES) {
    for (const size of SIZES) {
      const put = async (): Promise<() => Promise<void>> => {
        const probes = { namespace, images: [USES[1] ?? ''] };
        const inForce = await PoliciesInForce.put(api, ours(engine, size), probes);
        return () => inForce.remove();
      };
      rows.push(await measured(places, engine, size, put));
    }
  }
  for (const size of [1, 20]) {
    rows.push(await measured(places, 'by hand, a policy per mirror', size, () => handMade(places, size)));
  }
  return rows;
}

function entries(count: number): readonly MirrorEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    mirror: `mirror-${i}`,
    hosts: [`registry-${i}.test`],
    pullPrefix: `harbor.test/mirror-${i}`,
    include: [],
    exclude: [],
  }));
}

function ours(engine: PolicyEngine, size: number): ReturnType<typeof renderPolicies> {
  const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' } as const;
  const placed = entries(size).map((entry) => ({ entry, settings }));
  return renderPolicies(placed, { excludedNamespaces: ['kube-*', 'kyverno', 'harbor'] });
}

async function handMade({ api, namespace }: Places, size: number): Promise<() => Promise<void>> {
  const path = '/apis/kyverno.io/v1/clusterpolicies';
  const policies = entries(size).map(({ hosts, pullPrefix }, i) => handMadePolicy(i, hosts[0] ?? '', pullPrefix));
  for (const policy of policies) await api.json('POST', path, policy);
  const probe = async (isRewritten: boolean): Promise<void> => {
    await eventually(
      async () => {
        const all = entries(size).map(({ hosts }) => `${hosts[0] ?? ''}/x`);
        const after = images(await dryRun(api, namespace, podOf(all)));
        if (after.some((image, i) => (image === all[i]) === isRewritten)) throw new Error(after.join());
      },
      { timeoutMs: 60_000, message: 'the policies made by hand' },
    );
  };
  await probe(true);
  return async () => {
    for (const i of policies.keys()) await api.json('DELETE', `${path}/replace-image-registry-${i}`);
    await probe(false);
  };
}

async function measured(
  { api, bare, namespace }: Places,
  what: string,
  mirrors: number,
  put: () => Promise<() => Promise<void>>,
): Promise<Row> {
  progressToStderr(`measuring: ${what}, ${mirrors} mirrors`);
  const remove = await put();
  try {
    const requests = {
      bare: () => dryRun(bare, namespace, podOf(USES)),
      uses: () => dryRun(api, namespace, podOf(USES)),
      usesNone: () => dryRun(api, namespace, podOf(USES_NONE)),
    };
    const times = await Samples.of(requests, COUNT);
    return { what, mirrors, uses: ratio(times.uses, times.bare), usesNone: ratio(times.usesNone, times.bare) };
  } finally {
    await remove();
  }
}

function ratio(samples: Samples, baseline: Samples): Ratio {
  const of = (share: number): number => samples.quantile(share) / baseline.quantile(share);
  const ms = [samples, baseline].map((each) => each.quantile(0.5).toFixed(1)).join(' to ');
  return { ms, p50: of(0.5), p90: of(0.9) };
}

function report(rows: readonly Row[], print: (line: string) => void): void {
  print(
    'Admission of a Pod with three images, as multiples of no policy at all (p50/p90; ms: p50 to p50 of no policy)',
  );
  print(`${'policy'.padEnd(30)}${'mirrors'.padStart(8)}   ${'uses a mirror'.padEnd(30)}uses none`);
  const cell = ({ p50, p90, ms }: Ratio): string => `${p50.toFixed(2)}/${p90.toFixed(2)} (${ms} ms)`.padEnd(30);
  for (const { what, mirrors, uses, usesNone } of rows) {
    print(`${what.padEnd(30)}${String(mirrors).padStart(8)}   ${cell(uses)}${cell(usesNone)}`.trimEnd());
  }
  const find = (what: PolicyEngine, mirrors: number): Row | undefined =>
    rows.find((row) => row.what === what && row.mirrors === mirrors);
  const growth = (find('ClusterPolicy', 100)?.uses.p50 ?? NaN) / (find('ClusterPolicy', 1)?.uses.p50 ?? NaN);
  const goals: readonly [string, number, number][] = [
    [
      'MutatingAdmissionPolicy, 20 mirrors, a Pod that uses one',
      find('MutatingAdmissionPolicy', 20)?.uses.p50 ?? NaN,
      1.6,
    ],
    ['ClusterPolicy, 20 mirrors, a Pod that uses none', find('ClusterPolicy', 20)?.usesNone.p50 ?? NaN, 1.5],
    ['ClusterPolicy, 100 mirrors, a Pod that uses none', find('ClusterPolicy', 100)?.usesNone.p50 ?? NaN, 1.5],
    ['ClusterPolicy, a Pod that uses one, 100 mirrors to 1', growth, 1.5],
  ];
  print('');
  for (const [sentence, value, goal] of goals) {
    print(`${value <= goal ? 'reached' : 'MISSED '} ${sentence}: ${value.toFixed(2)}, goal at most ${goal}`);
  }
}
