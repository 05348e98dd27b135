import { expect } from 'chai';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { keyOfPolicy, readPolicy } from '../../../src/policies/observe/live.js';
import type { LivePolicy } from '../../../src/policies/observe/live.js';
import type { Policies } from '../../../src/policies/policies.js';
import type { RoutingDecision } from '../../../src/policies/state.js';
import { FakePolicyCluster, homeOf, included } from './policy-cluster.js';

const OLD = 'old.test:8443/app';
const NEW = 'new.test/app';

/** The decision to include a mirror with Pods sent to this place. */
function includedAt(object: RegistryMirror, pullPrefix: string): RoutingDecision {
  const decision = included(object);
  return decision.kind === 'include' ? { ...decision, entry: { ...decision.entry, pullPrefix } } : decision;
}

/** The policy as a hand leaves it that has emptied the list of its mirrors. */
function emptied(policy: LivePolicy): LivePolicy {
  const { metadata } = policy.object;
  const annotations = { ...metadata.annotations, 'registrymirror.io/mirrors': '[]' };
  return { ...policy, object: { ...policy.object, metadata: { ...metadata, annotations } } };
}

for (const engine of ENGINE_KINDS) {
  describe(`a ${engine} that sends Pods to places for mirrors that it doesn’t list`, () => {
    let cluster: FakePolicyCluster;
    let policies: Policies;

    beforeEach(() => {
      cluster = new FakePolicyCluster();
      policies = cluster.open();
    });

    const policyNamed = (name: string): LivePolicy => {
      const policy = cluster.live.get(keyOfPolicy({ kind: engine, name }));
      if (policy === undefined) throw new Error(`There is no ${name}.`);
      return policy;
    };

    it('is one that somebody has edited: as the operator writes it there are none, whatever its globs and selectors', async () => {
      const selector = { matchLabels: { 'example.com/team': 'x' } };
      const rewrite = { engine, podSelector: selector, namespaceSelector: selector, ignorePullSecrets: ['*/x'] };
      const repositories = { include: ['team/app', 'library/**', 'a/*/b'], exclude: ['library/ubuntu'] };
      const prefixes: Readonly<Record<string, string>> = {
        a: OLD,
        b: 'harbor/images',
        c: '10.0.0.1:80/originals',
        d: 'harbor.test/x_y',
      };
      for (const [name, prefix] of Object.entries(prefixes)) {
        const object = cluster.set(name, { ...rewrite, ...(name > 'b' ? { repositories } : {}) }, [
          `${name}.io`,
          `${name}.io:5000`,
        ]);
        policies.decide(name, includedAt(object, prefix));
      }
      await cluster.settle(policies);
      const [policy, ...others] = cluster.policies();
      if (policy === undefined || others.length > 0) throw new Error('They share no policy.');
      expect([...readPolicy(policy).unlisted]).to.deep.equal([]);
      expect([...readPolicy(emptied(policy)).unlisted].sort()).to.deep.equal(Object.values(prefixes).sort());
    });

    describe('and one of them in a Harbor that the mirror was moved away from', () => {
      let after: RegistryMirror;
      let home: string;

      beforeEach(async () => {
        const before = cluster.set('a', { engine });
        home = homeOf(before);
        policies.decide('a', includedAt(before, OLD));
        await cluster.settle(policies);
        const old = policyNamed(home);
        const moved = cluster.set('a', { engine, failurePolicy: 'Ignore' });
        const status = {
          ...moved.status,
          pullPrefix: NEW,
          policy: { kind: engine, name: homeOf(moved) },
          harbor: { url: 'https://new.test', projectName: 'app' },
          formerHarbors: [{ url: 'https://old.test', projectName: 'app' }],
        };
        after = { ...moved, status };
        cluster.mirrorsByName.set('a', after);
        policies.decide('a', includedAt(after, NEW));
        await cluster.settle(policies);
        expect(policies.servesOnlyThrough('a', NEW)).to.equal(true);
        cluster.live.set(keyOfPolicy({ kind: engine, name: home }), { ...emptied(old), conditions: [] });
        policies = cluster.open();
      });

      it('sends Pods there until it is written anew', async () => {
        policies.decide('a', includedAt(after, NEW));
        policies.observe();
        expect(policies.servesThrough('a', NEW)).to.equal(true);
        expect(policies.servesOnlyThrough('a', NEW)).to.equal(false);
        await cluster.settle(policies);
        expect(policies.servesOnlyThrough('a', NEW)).to.equal(true);
      });

      it('keeps the mirror from being out of all policies until then', async () => {
        const rest = policyNamed(homeOf(after));
        cluster.live.delete(keyOfPolicy({ kind: engine, name: rest.object.metadata.name }));
        policies.decide('a', { kind: 'withdraw' });
        policies.observe();
        expect(policies.state('a').kind).to.equal('pending');
        await cluster.settle(policies);
        expect(policies.state('a').kind).to.equal('absent');
      });
    });
  });
}
