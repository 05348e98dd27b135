import { expect } from 'chai';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { MOST_MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { SERVED_ENGINES, servedVersion } from '../policy/served.js';
import { useCluster } from '../shared-cluster.js';
import { useAsOperator } from './as-operator.js';

/** With paths that look like calls once they are patterns. */
const WITH_GLOBS: readonly MirrorEntry[] = Array.from({ length: 100 }, (_, at) => ({
  mirror: `mirror-${at}`,
  hosts: [`registry-${at}.get.example.org`, `http.get.example.org:${5000 + at}`],
  pullPrefix: `harbor.example.org/mirror-${at}`,
  include: Array.from({ length: 20 }, (_unused, n) => `team-${n}.get/**`),
  exclude: ['team-1.get/http.get/*', 'team-2.get/a.post?', '**/team.list/x'],
}));
const AS_MANY_AS_MAY_BE: readonly MirrorEntry[] = Array.from({ length: MOST_MIRRORS_PER_POLICY }, (_, at) => ({
  mirror: `m-${at}`,
  hosts: [`r-${at}.get.test`],
  pullPrefix: `get.test/m-${at}`,
  include: [],
  exclude: [],
}));
const FLEETS = { 'with globs': WITH_GLOBS, 'of whole registries': AS_MANY_AS_MAY_BE };

describe('The admission policy, asked with the operator’s own token for the largest policies that the operator writes,', function () {
  this.timeout(120_000);
  const cluster = useCluster();
  const operator = useAsOperator(cluster);

  for (const engine of SERVED_ENGINES) {
    for (const pullSecret of ['None', 'Inject'] as const) {
      for (const [fleet, entries] of Object.entries(FLEETS)) {
        it(`takes those ${fleet} (${engine}, pullSecret: ${pullSecret})`, async () => {
          const podsWithPullSecrets = pullSecret === 'None' ? 'Skip' : 'Rewrite';
          const settings = { ...DEFAULT_SETTINGS, engine, podsWithPullSecrets, pullSecret } as const;
          const policies = renderPolicies(
            entries.map((entry) => ({ entry, settings })),
            {
              excludedNamespaces: [...DEFAULT_EXCLUDED_NAMESPACES, 'team.*'],
              mirrorsPerPolicy: MOST_MIRRORS_PER_POLICY,
            },
          );
          const sizes = policies.map(({ object }) => JSON.stringify(object).length);
          expect(Math.max(...sizes)).to.be.above(100_000);
          for (const { object } of policies) {
            const { code, stderr } = await operator.apply({ ...object, apiVersion: servedVersion(object) });
            expect(code, stderr).to.equal(0);
          }
        });
      }
    }
  }
});
