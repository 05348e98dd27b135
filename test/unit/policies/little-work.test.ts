import { expect } from 'chai';
import { Turn } from '../../../src/clock/turn.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { policyEntry } from '../../../src/engines/entry.js';
import type { PolicyGroup } from '../../../src/engines/placement/group.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { CachingRenderer } from '../../../src/policies/desired/renderer.js';
import { isSameState } from '../../../src/policies/state.js';
import type { PolicyState } from '../../../src/policies/state.js';
import { mirror } from '../mirror/mirror.js';
import { FakePolicyCluster, included } from './policy-cluster.js';
import type { FakePolicy } from './policy-cluster.js';

const SETTINGS: PolicySettings = {
  engine: 'ClusterPolicy',
  failurePolicy: 'Fail',
  podsWithPullSecrets: 'Skip',
  pullSecret: 'None',
};

describe('thousands of mirrors cost only what changed', () => {
  it('when a policy changes: no look at the mirrors of the others', async () => {
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    for (let i = 0; i < 500; i += 1) policies.decide(`m-${i}`, included(cluster.set(`m-${i}`)));
    await cluster.settle(policies);
    let looks = 0;
    const { mirrorsByName } = cluster;
    const get = mirrorsByName.get.bind(mirrorsByName);
    mirrorsByName.get = (name) => {
      looks += 1;
      return get(name);
    };
    policies.observe();
    expect(looks, 'nothing changed').to.equal(0);
    const [key = '', live] = [...cluster.live][0] ?? [];
    if (live === undefined) throw new Error('there is no policy');
    const metadata = { ...live.object.metadata, labels: { ...live.object.metadata.labels, of: 'somebody' } };
    cluster.live.set(key, { ...live, object: { ...live.object, metadata } });
    policies.observe();
    expect(looks, 'one of five changed').to.be.within(1, 110);
  });

  it('and no change is missed: what was told of each mirror is how it stands', async function () {
    // 1,500 steps take a second or two, and many times that on a machine that does other things as well.
    this.timeout(60_000);
    const cluster = new FakePolicyCluster();
    const policies = cluster.open();
    const told = new Map<string, PolicyState>();
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const engines = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy', 'Auto'];
    const nameOf = (number: number): string => `m-${number}`;
    const edit = (change: (live: FakePolicy) => FakePolicy): void => {
      const [key, live] = [...cluster.live][random(Math.max(1, cluster.live.size))] ?? [];
      if (key !== undefined && live !== undefined) cluster.live.set(key, change(live));
    };
    const steps: (() => unknown)[] = [
      () => policies.sync(),
      cluster.kyvernoActs.bind(cluster),
      cluster.kyvernoActsLate.bind(cluster),
      cluster.withoutWebhooks.bind(cluster),
      cluster.pass.bind(cluster, 700),
      () => cluster.live.delete([...cluster.live.keys()][0] ?? ''),
      () => cluster.unreadable.set('MutatingPolicy', 'forbidden'),
      cluster.unreadable.clear.bind(cluster.unreadable),
      () => cluster.missing.add('MutatingPolicy'),
      cluster.missing.clear.bind(cluster.missing),
      () => (cluster.refuse = ({ kind }) => (random(2) === 0 ? new KubernetesError('unavailable', kind) : undefined)),
      () => (cluster.refuse = (): undefined => undefined),
      () => policies.sync(false),
      () => {
        edit(({ kind, object, conditions }) => ({ kind, object, conditions }));
      },
      () => {
        edit(({ object, ...live }) => ({ ...live, object: { ...object, metadata: { name: object.metadata.name } } }));
      },
      () => {
        const name = nameOf(random(12));
        if (!cluster.mirrorsByName.has(name)) return;
        policies.decide(name, { kind: 'unchanged' });
        told.set(name, policies.state(name));
      },
      () => {
        const name = nameOf(random(12));
        cluster.mirrorsByName.delete(name);
        policies.forget(name);
        told.delete(name);
      },
    ];
    for (let step = 0; step < 1500; step += 1) {
      const name = nameOf(random(12));
      if (random(3) === 0) {
        const isOut = random(3) === 0;
        const object = cluster.set(name, { engine: engines[random(4)] }, [`${name}-${random(2)}.io`]);
        policies.decide(name, isOut ? { kind: 'withdraw' } : included(object));
        told.set(name, policies.state(name));
      } else await steps[random(steps.length)]?.();
      policies.observe();
      for (const { mirror: changed, state } of cluster.looks.splice(0)) told.set(changed, state);
      for (const [seen, state] of told) {
        const now = policies.state(seen);
        expect(isSameState(state, now), `step ${step}, ${seen}: ${state.kind}, and is ${now.kind}`).to.equal(true);
      }
    }
  });

  it('when policies are rendered: those that changed, and those that decide about the same host', async () => {
    const entry = (name: string, hosts: readonly string[]): MirrorEntry =>
      policyEntry(mirror(name, { spec: { upstream: { type: 'quay', hosts } } }), `harbor/${name}`);
    const groups = Array.from({ length: 20 }, (_, i): PolicyGroup => {
      const entries = [entry(`a-${i}`, [`a-${i}.io`]), entry(`b-${i}`, [`b-${i}.io`])];
      return { name: `registry-mirrors-${i}`, settings: SETTINGS, entries };
    });
    const rendered: string[] = [];
    const renderer = new CachingRenderer([], (policy) => rendered.push(policy));
    const render = async (some: readonly PolicyGroup[]): Promise<readonly string[]> => {
      rendered.length = 0;
      const all = some.flatMap(({ entries }) => entries);
      await renderer.prepare(
        renderer.with(all, (name) => ({ uid: `uid of ${name}` })),
        some,
        new Turn(),
      );
      return rendered.splice(0);
    };
    expect(await render(groups)).to.have.lengthOf(20);
    expect(await render(groups)).to.deep.equal([]);
    const edited = groups.map((group, i) =>
      i === 3 ? { ...group, entries: [...group.entries, entry('new', ['new.io', 'a-5.io'])] } : group,
    );
    expect(await render(edited)).to.deep.equal([
      'ClusterPolicy/registry-mirrors-3',
      'ClusterPolicy/registry-mirrors-5',
    ]);
  });
});
