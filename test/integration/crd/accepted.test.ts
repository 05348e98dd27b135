import { expect } from 'chai';
import { withDefaults } from '../../../src/api/spec/defaults.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { upstreamHosts } from '../../../src/api/spec/upstream-types.js';
import { acceptedCases } from './accepted-cases.js';
import { useCrd } from './use-crd.js';
import { collection, mirror, quay } from './mirror.js';

describe('The API server accepts', () => {
  const cluster = useCrd();

  for (const { accepts, spec, name = 'example' } of acceptedCases) {
    it(accepts, async () => {
      const { status, body } = await cluster().api.send('POST', `${collection}?dryRun=All`, mirror(name, spec));
      expect(status, body).to.equal(201);
      const created = JSON.parse(body) as RegistryMirror;
      // Nothing of what was written is dropped or changed; defaults may be added.
      expect(created.spec).to.containSubset(spec);
      expect(created.spec).to.deep.equal(withDefaults({ metadata: { name }, spec }).spec);
      expect(upstreamHosts(created.spec)).to.not.be.empty;
    });
  }

  it('the smallest mirror, and fills in every default', async () => {
    const path = `${collection}?dryRun=All`;
    const created = await cluster().api.json<RegistryMirror>('POST', path, mirror('quay', { upstream: quay }));
    expect(created.spec).to.deep.equal({
      upstream: { type: 'quay', insecureSkipTLSVerify: false },
      project: {},
      rewrite: {
        engine: 'ClusterPolicy',
        failurePolicy: 'Fail',
        podsWithPullSecrets: 'Skip',
        pullSecret: 'None',
        injected: 'BestEffort',
        nodesAuthenticate: false,
        onHarborUnavailable: 'Withdraw',
        onUpstreamUnavailable: 'Keep',
        fallback: 'None',
      },
      adoptionPolicy: 'Refuse',
      deletionPolicy: 'Retain',
      interval: '10m',
      suspend: false,
    });
    expect(created.status).to.deep.equal({ observedGeneration: -1 });
  });

  it('everything at its limit at once: no rule runs out of its cost budget', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 16 }, (_, i) => [`${'a'.repeat(250)}${i}/x`, 'v'.repeat(63)]),
    );
    const matchExpressions = Array.from({ length: 16 }, (_, i) => ({
      key: `key${i}`,
      operator: 'In',
      values: Array.from({ length: 32 }, (_v, j) => `${'v'.repeat(60)}${j}`),
    }));
    const selector = { matchLabels: labels, matchExpressions };
    const globs = Array.from({ length: 64 }, (_, i) => `${i}/${'a*'.repeat(126)}`);
    const spec = {
      upstream: {
        ...quay,
        hosts: Array.from({ length: 16 }, (_, i) => `${'a.'.repeat(120)}x${i}`),
        description: 'x'.repeat(4000),
      },
      rewrite: {
        ignorePullSecrets: Array.from({ length: 16 }, (_, i) => `${'a*'.repeat(125)}${i}`),
        namespaceSelector: selector,
        podSelector: selector,
        repositories: { include: globs, exclude: globs },
      },
    };
    const { status, body } = await cluster().api.send('POST', `${collection}?dryRun=All`, mirror('limits', spec));
    expect(status, body).to.equal(201);
  });
});
