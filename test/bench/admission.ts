import type { Api } from '../cluster/api.js';
import { startCluster, type Cluster } from '../cluster/cluster.js';
import { progressToStderr } from '../cluster/progress.js';
import type { MirrorEntry } from '../../src/engines/entry.js';
import { renderPolicies } from '../../src/engines/render.js';
import type { PolicyEngine } from '../../src/engines/settings.js';
import { dryRun, images, podOf } from '../integration/policy/pod.js';
import { PoliciesInForce } from '../integration/policy/policies.js';
import { eventually } from '../support/wait.js';
import { BY_HAND, GOALS } from './goals.js';
import type { Round, Subject } from './goals.js';
import { handMadePolicy } from './hand-made.js';
import { Samples } from './samples.js';

const ROUNDS = 5;
/** Requests of each kind in each round. */
const COUNT = 60;
const SIZES = [1, 20, 100, 1000] as const;
const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];

/** Three images, of which the second decides. */
const USES = ['a.test/b/c:1', 'registry-0.test/nginx:1.25', 'b.test/x/y'];
const USES_NONE = ['a.test/b/c:1', 'c.test/nginx:1.25', 'b.test/x/y'];

/** What one subject cost in one round. */
interface Measured extends Subject {
  readonly uses: Ratio;
  readonly usesNone: Ratio;
}

/** The median in ms, of a Pod without any policy too, and their ratio. */
interface Ratio {
  readonly ms: number;
  readonly bareMs: number;
  readonly ratio: number;
}

/**
 * Prints what policies cost a Pod at admission, on clusters of its own, and whether the goals are reached. Times are of this machine; the ratios,
 * measured in turn, are what counts. Each round puts each set of policies in force and measures it, so that whatever else the machine does meets
 * all of them.
 *
 * @param engines - the engines to measure; default: all
 */
export async function benchAdmission(
  print: (line: string) => void,
  engines: readonly PolicyEngine[] = ENGINES,
): Promise<void> {
  const bare = await startCluster({ audit: false, progress: progressToStderr });
  try {
    const cluster = await startCluster({ kyverno: true, audit: false, progress: progressToStderr });
    try {
      const places = { api: cluster.api, bare: bare.api, namespace: await sameNamespace(cluster, bare) };
      const rounds: (readonly Measured[])[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        progressToStderr(`round ${round} of ${ROUNDS}`);
        rounds.push(await measureAll(places, engines));
      }
      report(rounds, engines, print);
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

async function measureAll(places: Places, engines: readonly PolicyEngine[]): Promise<readonly Measured[]> {
  const { api, namespace } = places;
  const measured: Measured[] = [];
  for (const mirrors of SIZES) {
    for (const engine of engines) {
      const put = async (): Promise<() => Promise<void>> => {
        const probes = { namespace, images: [USES[1] ?? ''] };
        const inForce = await PoliciesInForce.put(api, ours(engine, mirrors), probes);
        return () => inForce.remove();
      };
      measured.push(await measure(places, { what: engine, mirrors }, put));
    }
    if (mirrors > 20) continue;
    measured.push(await measure(places, { what: BY_HAND, mirrors }, () => handMade(places, mirrors)));
  }
  return measured;
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
        // One by one: twenty images in one Pod take twenty such policies longer than a webhook may.
        for (const { hosts } of entries(size)) {
          const image = `${hosts[0] ?? ''}/x`;
          const [after] = images(await dryRun(api, namespace, podOf([image])));
          if ((after === image) === isRewritten) throw new Error(`${image} becomes ${after ?? 'nothing'}.`);
        }
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

async function measure(
  { api, bare, namespace }: Places,
  subject: Subject,
  put: () => Promise<() => Promise<void>>,
): Promise<Measured> {
  progressToStderr(`measuring: ${subject.what}, ${subject.mirrors} mirrors`);
  const remove = await put();
  try {
    const requests = {
      bare: () => dryRun(bare, namespace, podOf(USES)),
      uses: () => dryRun(api, namespace, podOf(USES)),
      usesNone: () => dryRun(api, namespace, podOf(USES_NONE)),
    };
    const times = await Samples.of(requests, COUNT);
    return { ...subject, uses: ratio(times.uses, times.bare), usesNone: ratio(times.usesNone, times.bare) };
  } finally {
    await remove();
  }
}

function ratio(samples: Samples, baseline: Samples): Ratio {
  const [ms, bareMs] = [samples.quantile(0.5), baseline.quantile(0.5)];
  return { ms, bareMs, ratio: ms / bareMs };
}

function report(
  rounds: readonly (readonly Measured[])[],
  engines: readonly PolicyEngine[],
  print: (line: string) => void,
): void {
  print(`Admission of a Pod with three images, as multiples of no policy at all: medians of ${rounds.length} rounds`);
  print(`${'policy'.padEnd(30)}${'mirrors'.padStart(8)}   ${'uses a mirror'.padEnd(26)}uses none`);
  const [first = []] = rounds;
  for (const { what, mirrors } of first) {
    const cell = (kind: 'uses' | 'usesNone'): string => {
      const of = (value: (ratio: Ratio) => number): number =>
        median(rounds.map((round) => value(find(round, what, mirrors)[kind])));
      const [ms, bareMs] = [of((one) => one.ms), of((one) => one.bareMs)].map((time) => time.toFixed(1));
      return `${of((one) => one.ratio).toFixed(2)} (${ms} to ${bareMs} ms)`.padEnd(26);
    };
    print(`${what.padEnd(30)}${String(mirrors).padStart(8)}   ${cell('uses')}${cell('usesNone')}`.trimEnd());
  }
  print('');
  for (const { engine, sentence, atMost, value } of GOALS.filter((goal) => engines.includes(goal.engine))) {
    const result = median(rounds.map((round) => value(costs(round))));
    const verdict = result <= atMost ? 'reached' : 'MISSED ';
    print(`${verdict} ${engine}: ${sentence}: ${result.toFixed(2)}, goal at most ${atMost}`);
  }
}

function costs(round: readonly Measured[]): Round {
  return (what, mirrors) => {
    const { uses, usesNone } = find(round, what, mirrors);
    return { uses: uses.ratio, usesNone: usesNone.ratio };
  };
}

function find(round: readonly Measured[], what: Subject['what'], mirrors: number): Measured {
  const found = round.find((one) => one.what === what && one.mirrors === mirrors);
  if (found === undefined) throw new Error(`${what} was not measured with ${mirrors} mirrors.`);
  return found;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}
