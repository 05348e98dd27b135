import { expect } from 'chai';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { policyEntry } from '../../../src/engines/entry.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
import { renderPolicy } from '../../../src/engines/render.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { namesEngine } from '../../../src/engines/auto.js';
import { policySettings } from '../../../src/engines/settings.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { FakePolicyCluster } from './policy-cluster.js';

const OLD_NAME = 'registry-mirrors-cdcd8bd453';

/** The policy as an operator wrote it whose policies all had a hash in their names. */
function oldPolicy(name: string, mirrors: readonly RegistryMirror[]): RenderedPolicy {
  const entries = mirrors.map((mirror) => policyEntry(mirror, `harbor/${mirror.metadata.name}`));
  const settings = mirrors[0] && policySettings(mirrors[0].spec);
  if (settings === undefined || !namesEngine(settings)) throw new Error('it names no engine');
  return renderPolicy({ name, settings, entries, rules: precedence(entries)(entries), excludedNamespaces: ['older'] });
}

describe('an upgrade to an operator that gives policies other names', () => {
  for (const engine of ENGINE_KINDS) {
    it(`moves all mirrors, and each is in force in one of the two at every step, with ${engine}`, async () => {
      const cluster = new FakePolicyCluster();
      cluster.mirrorsPerPolicy = 100;
      const names = Array.from({ length: 120 }, (_, i) => `mirror-${100 + i}`);
      const mirrors = names.map((name) => cluster.set(name, { engine }));
      for (const [i, name] of [OLD_NAME, `${OLD_NAME}-2`].entries()) {
        await cluster.applyPolicy(oldPolicy(name, mirrors.slice(i * 100, i * 100 + 100)));
      }
      cluster.kyvernoActsLate();
      cluster.kyvernoActsLate();
      const policies = cluster.open();
      const check = (): void => {
        policies.observe();
        const kinds = new Set(names.map((name) => policies.state(name).kind));
        // What an older operator wrote is written anew, and the API server's own policies show no sign of having taken effect.
        if (engine === 'MutatingAdmissionPolicy') kinds.delete('pending');
        expect([...kinds].filter((kind) => kind !== 'inForce')).to.deep.equal([]);
        expect(names.filter((name) => cluster.contentsOf(name) === 0)).to.deep.equal([]);
      };
      check();
      for (let step = 0; step < 12; step += 1) {
        await policies.sync();
        check();
        cluster.kyvernoActsLate();
        check();
        cluster.pass(2500);
        check();
      }
      expect([...cluster.live.keys()].sort()).to.deep.equal([
        `${engine}/registry-mirrors`,
        `${engine}/registry-mirrors-2`,
      ]);
      expect(cluster.writes.filter((write) => write.startsWith('ApplyPolicy')).length).to.be.at.most(6);
    });
  }
});
