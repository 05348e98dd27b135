import { expect } from 'chai';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { Policies } from '../../../src/policies/policies.js';
import { FakePolicyCluster, homeOf } from './policy-cluster.js';
import { included } from './policy-cluster.js';

const WITHDRAW = { kind: 'withdraw' } as const;
const MIRRORS = 'registrymirror.io/mirrors';
const SETTINGS = 'registrymirror.io/settings';

/** What a hand makes of a policy's annotations. */
const EDITS: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  'the list of its mirrors is unreadable': { [MIRRORS]: '[{' },
  'the list of its mirrors is empty': { [MIRRORS]: '[]' },
  'the list of its mirrors is gone': { [MIRRORS]: undefined },
  'its settings are unreadable': { [SETTINGS]: '{' },
  'both are gone': { [MIRRORS]: undefined, [SETTINGS]: undefined },
};

for (const engine of ENGINE_KINDS) {
  describe(`a ${engine} whose annotations somebody edits while no operator runs`, () => {
    let cluster: FakePolicyCluster;
    let policies: Policies;
    let home: string;

    /** As the operator says it in the status once the mirror is in force. */
    function inForce(name: string): void {
      const object = cluster.set(name, { engine });
      const policy = { kind: engine, name: home };
      const status = { ...object.status, observedGeneration: 2, pullPrefix: `harbor/${name}`, policy };
      cluster.mirrorsByName.set(name, { ...object, status });
    }

    function edit(changes: Readonly<Record<string, string | undefined>>): void {
      for (const [key, policy] of cluster.live) {
        const { metadata } = policy.object;
        const annotations = Object.fromEntries(
          Object.entries({ ...metadata.annotations, ...changes }).filter((entry): entry is [string, string] => {
            return entry[1] !== undefined;
          }),
        );
        cluster.live.set(key, { ...policy, object: { ...policy.object, metadata: { ...metadata, annotations } } });
      }
    }

    beforeEach(async () => {
      cluster = new FakePolicyCluster();
      policies = cluster.open();
      home = homeOf(cluster.set('waiting', { engine }));
      for (const name of ['waiting', 'leaving']) policies.decide(name, included(cluster.set(name, { engine })));
      await cluster.settle(policies);
      for (const name of ['waiting', 'leaving']) inForce(name);
    });

    for (const [what, changes] of Object.entries(EDITS)) {
      it(`keeps the mirrors of which nothing is decided yet where ${what}`, async () => {
        edit(changes);
        policies = cluster.open();
        for (let step = 0; step < 4; step += 1) {
          await policies.sync();
          cluster.kyvernoActs();
          cluster.pass(5000);
          expect(cluster.contentsOf('waiting')).to.equal(1);
        }
        expect(cluster.listed(home, engine)).to.deep.equal(['leaving', 'waiting']);
        expect(policies.state('waiting').kind).to.equal('inForce');
      });

      it(`loses a mirror that is withdrawn, and no other, where ${what}`, async () => {
        edit(changes);
        policies = cluster.open();
        policies.decide('leaving', WITHDRAW);
        policies.decide('waiting', { kind: 'unchanged' });
        expect(policies.served('waiting').kind).to.equal('served');
        await cluster.settle(policies);
        expect(cluster.listed(home, engine)).to.deep.equal(['waiting']);
        expect(policies.state('leaving').kind).to.equal('absent');
      });
    }

    it('gets nobody back who had left it before', async () => {
      policies.decide('leaving', WITHDRAW);
      await cluster.settle(policies);
      edit({ [MIRRORS]: '[{' });
      policies = cluster.open();
      await cluster.settle(policies);
      expect(cluster.listed(home, engine)).to.deep.equal(['waiting']);
    });
  });
}
