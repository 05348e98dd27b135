import type { Api } from '../../cluster/api.js';
import { progressToStderr } from '../../cluster/progress.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { dryRun, images, podOf } from '../../integration/policy/pod.js';
import { PoliciesInForce } from '../../integration/policy/policies.js';
import { eventually } from '../../support/wait.js';
import { Samples } from '../samples.js';
import { handMadePolicy } from './hand-made.js';
import type { AdmissionOptions } from './options.js';
import { BY_HAND } from './subject.js';
import type { Measured, Ratio, Subject } from './subject.js';

/** Requests of each kind in each round. */
const COUNT = 60;
/** More policies by hand than these nobody waits for. */
const MOST_BY_HAND = 20;

/** Three images, of which the second decides. */
const USES = ['a.test/b/c:1', 'registry-0.test/nginx:1.25', 'b.test/x/y'];
const USES_NONE = ['a.test/b/c:1', 'c.test/nginx:1.25', 'b.test/x/y'];

/** Where policies are in force, and the same without any. */
export interface Places {
  readonly api: Api;
  readonly bare: Api;
  readonly namespace: string;
}

/** What is measured in each round, in this order. */
export function subjects({ engines, mirrors, perPolicy }: AdmissionOptions): readonly Subject[] {
  const most = Math.max(...mirrors);
  return mirrors.flatMap((count) => [
    ...(count < most || count <= MIRRORS_PER_POLICY ? [MIRRORS_PER_POLICY] : perPolicy).flatMap((each) =>
      engines.map((what): Subject => ({ what, mirrors: count, perPolicy: each })),
    ),
    ...(count > MOST_BY_HAND ? [] : [{ what: BY_HAND, mirrors: count, perPolicy: MIRRORS_PER_POLICY } as const]),
  ]);
}

/** Puts a subject's policies in force, times Pods, and takes them away. */
export async function measure(places: Places, subject: Subject): Promise<Measured> {
  const { api, bare, namespace } = places;
  progressToStderr(`measuring: ${subject.what}, ${subject.mirrors} mirrors, ${subject.perPolicy} per policy`);
  const remove = await put(places, subject);
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

async function put(places: Places, { what, mirrors, perPolicy }: Subject): Promise<() => Promise<void>> {
  if (what === BY_HAND) return handMade(places, mirrors);
  const { api, namespace } = places;
  const policies = ours(what, mirrors, perPolicy);
  const inForce = await PoliciesInForce.put(api, policies, { namespace, images: [USES[1] ?? ''] });
  return () => inForce.remove();
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

function ours(engine: PolicyEngine, size: number, mirrorsPerPolicy: number): ReturnType<typeof renderPolicies> {
  const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' } as const;
  const placed = entries(size).map((entry) => ({ entry, settings }));
  return renderPolicies(placed, { excludedNamespaces: ['kube-*', 'kyverno', 'harbor'], mirrorsPerPolicy });
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

function ratio(samples: Samples, baseline: Samples): Ratio {
  const [ms, bareMs] = [samples.quantile(0.5), baseline.quantile(0.5)];
  return { ms, bareMs, ratio: ms / bareMs };
}
