import { expect } from 'chai';

import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { PlacedEntry } from '../../../src/engines/placement/group.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine, PolicySettings } from '../../../src/engines/settings.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { asks, Injector } from './injector.js';
import { dryRun, images, podOf, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';

/** Before Kyverno's in the order of names, and after it. */
const [EARLY, LATE] = ['istio-sidecar-injector', 'zz-injector'] as const;
const FOREIGN = 'registry.internal.example/x/y:1';

interface Row {
  readonly engine: PolicyEngine;
  readonly injected: 'BestEffort' | 'Always';
  /** Whether a sidecar is rewritten that is added to a Pod without mirrored images, and to one with: by a webhook before Kyverno's, and after it. */
  readonly early: { readonly alone: boolean; readonly besides: boolean };
  readonly late: { readonly alone: boolean; readonly besides: boolean };
}

const ALL = { alone: true, besides: true };
const BESIDES = { alone: false, besides: true };
const ROWS: readonly Row[] = [
  { engine: 'ClusterPolicy', injected: 'BestEffort', early: ALL, late: BESIDES },
  { engine: 'ClusterPolicy', injected: 'Always', early: ALL, late: ALL },
  { engine: 'MutatingPolicy', injected: 'BestEffort', early: ALL, late: { alone: false, besides: false } },
  { engine: 'MutatingPolicy', injected: 'Always', early: ALL, late: { alone: false, besides: false } },
  { engine: 'MutatingAdmissionPolicy', injected: 'BestEffort', early: BESIDES, late: BESIDES },
  { engine: 'MutatingAdmissionPolicy', injected: 'Always', early: ALL, late: ALL },
];

/** Each with a host of its own. */
function placed({ engine, injected }: Row): PlacedEntry {
  return entryOf(`${engine}-${injected}`.toLowerCase(), {
    engine,
    ...(injected === 'Always' ? { injected: 'Always' } : {}),
  });
}

/** Each with a part of Docker Hub: policies of their own, since what names no host is all theirs. */
function hubOf(engine: PolicyEngine): PlacedEntry {
  return entryOf(`${engine}-hub`.toLowerCase(), { engine, failurePolicy: 'Ignore' }, 'docker.io');
}

function entryOf(
  mirror: string,
  settings: Pick<PolicySettings, 'engine'> & Partial<PolicySettings>,
  ...hosts: string[]
): PlacedEntry {
  return {
    entry: {
      mirror,
      hosts: [`${mirror}.test`, ...hosts],
      pullPrefix: `harbor.test/${mirror}`,
      include: [`${mirror}/**`],
      exclude: [],
    },
    settings: { failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None', ...settings },
  };
}

/** An image of a mirror, and what it becomes. */
function imageOf({ entry }: PlacedEntry, name: string): { readonly image: string; readonly rewritten: string } {
  const path = `${entry.mirror}/${name}:1`;
  return { image: `${entry.hosts[0] ?? ''}/${path}`, rewritten: `${entry.pullPrefix}/${path}` };
}

describe('beside the webhooks of others', function () {
  this.timeout(120_000);
  const cluster = useCluster();
  let namespace: string;
  let policies: PoliciesInForce;
  let injector: Injector;

  const admitted = (list: readonly string[], annotations: object): Promise<Pod> =>
    dryRun(cluster().api, namespace, podOf(list, {}, { annotations }));

  before(async () => {
    namespace = await cluster().createNamespace();
    const all = [...ROWS.map(placed), ...ENGINE_KINDS.map(hubOf)];
    const probes = all.map((each) => imageOf(each, 'probe').image);
    const rendered = renderPolicies(all, { excludedNamespaces: ['kube-*'] });
    policies = await PoliciesInForce.put(cluster().api, rendered, { namespace, images: probes });
    injector = await Injector.start(cluster().api, namespace, [EARLY, LATE]);
    await eventually(async () => {
      const pod = await admitted([FOREIGN], { [asks(EARLY, 'sidecar')]: FOREIGN, [asks(LATE, 'sidecar')]: FOREIGN });
      expect(images(pod)).to.have.length(3);
    });
  });
  after(async () => {
    await injector.stop();
    await policies.remove();
  });

  for (const row of ROWS) {
    const { engine, injected } = row;
    const { image, rewritten } = imageOf(placed(row), 'sidecar');
    const own = imageOf(placed(row), 'main');
    const does = (is: boolean): string => (is ? 'rewrites' : 'does not see');

    for (const [webhook, which, { alone, besides }] of [
      [EARLY, 'an earlier', row.early],
      [LATE, 'a later', row.late],
    ] as const) {
      it(`${engine} with ${injected} ${does(alone)} what ${which} webhook adds to a Pod without mirrored images`, async () => {
        const pod = await admitted([FOREIGN], { [asks(webhook, 'sidecar')]: image });
        expect(images(pod)).to.deep.equal([FOREIGN, alone ? rewritten : image]);
      });

      it(`${engine} with ${injected} ${does(besides)} what ${which} webhook adds to a Pod with one`, async () => {
        const pod = await admitted([own.image], { [asks(webhook, 'sidecar')]: image });
        expect(images(pod)).to.deep.equal([own.rewritten, besides ? rewritten : image]);
      });
    }
  }

  // A policy that was asked would be asked again and rewrite the sidecar; a MutatingPolicy never is, so nothing would show.
  for (const engine of ENGINE_KINDS.filter((kind) => kind !== 'MutatingPolicy')) {
    it(`${engine} for Docker Hub is not asked about a Pod without mirrored images, though each Pod has a volume without one`, async () => {
      const { image } = imageOf(hubOf(engine), 'sidecar');
      const pod = await admitted([FOREIGN], { [asks(LATE, 'sidecar')]: image });
      expect(images(pod)).to.deep.equal([FOREIGN, image]);
    });
  }

  for (const engine of ENGINE_KINDS) {
    it(`${engine} leaves a pull secret that comes later where it is, and rewrites nothing more in this Pod`, async () => {
      const [main, sidecar] = ['main', 'sidecar'].map((name) => imageOf(hubOf(engine), name));
      const wishes = { [asks(LATE, 'pullSecret')]: 'late-secret', [asks(LATE, 'sidecar')]: sidecar?.image };
      const pod = await admitted([main?.image ?? ''], wishes);
      expect(images(pod)).to.deep.equal([main?.rewritten, sidecar?.image]);
      expect(pod.spec).to.deep.include({ imagePullSecrets: [{ name: 'late-secret' }] });
    });
  }
});
