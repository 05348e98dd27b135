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
import { comparedWith } from './goals.js';
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

/** Two clusters where policies are in force, and one without any. */
export interface Places {
  readonly api: Api;
  readonly other: Api;
  readonly bare: Api;
  readonly namespace: string;
}

/** What is measured in each round, in this order. */
export function subjects({ engines, mirrors, perPolicy }: AdmissionOptions): readonly Subject[] {
  const most = Math.max(...mirrors);
  return mirrors.flatMap((count) => [
    ...(count < most || count <= Math.min(...perPolicy) ? [undefined] : perPolicy).flatMap((each) =>
      engines.map((what): Subject => ({ what, mirrors: count, perPolicy: each ?? MIRRORS_PER_POLICY[what] })),
    ),
    ...(count > MOST_BY_HAND ? [] : [{ what: BY_HAND, mirrors: count, perPolicy: 1 } as const]),
  ]);
}

/** Puts a subject's policies in force, and beside them what it is compared with; times Pods, and takes all of them away. */
export async function measure({ api, other, bare, namespace }: Places, subject: Subject): Promise<Measured> {
  progressToStderr(`measuring: ${subject.what}, ${subject.mirrors} mirrors, ${subject.perPolicy} per policy`);
  const create = (where: Api, imagesOfPod: readonly string[]) => (): Promise<unknown> =>
    dryRun(where, namespace, podOf(imagesOfPod));
  return inForce({ api, namespace }, subject, async () => {
    const alone = await Samples.of(
      { bare: create(bare, USES), uses: create(api, USES), usesNone: create(api, USES_NONE) },
      COUNT,
    );
    const measured = {
      ...subject,
      uses: ratio(alone.uses, alone.bare),
      usesNone: ratio(alone.usesNone, alone.bare),
    };
    const than = comparedWith(subject);
    if (than === undefined) return measured;
    return inForce({ api: other, namespace }, than, async () => {
      const beside = await Samples.of({ ours: create(api, USES), theirs: create(other, USES) }, COUNT);
      return { ...measured, against: ratio(beside.ours, beside.theirs) };
    });
  });
}

async function inForce<T>(place: Place, subject: Subject, run: () => Promise<T>): Promise<T> {
  const remove = await put(place, subject);
  try {
    return await run();
  } finally {
    await remove();
  }
}

type Place = Pick<Places, 'api' | 'namespace'>;

async function put(place: Place, { what, mirrors, perPolicy }: Subject): Promise<() => Promise<void>> {
  if (what === BY_HAND) return handMade(place, mirrors);
  const { api, namespace } = place;
  const policies = ours(what, mirrors, perPolicy);
  const found = await PoliciesInForce.put(api, policies, { namespace, images: [USES[1] ?? ''] });
  return () => found.remove();
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

async function handMade({ api, namespace }: Place, size: number): Promise<() => Promise<void>> {
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
  const [ms, otherMs] = [samples.quantile(0.5), baseline.quantile(0.5)];
  return { ms, otherMs, ratio: ms / otherMs };
}
