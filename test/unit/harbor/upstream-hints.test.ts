import { expect } from 'chai';
import { unhealthiness, upstreamHint } from '../../../src/harbor/upstream-hints.js';
import type { UpstreamFacts } from '../../../src/harbor/upstream-hints.js';

const at = (url: string, type = 'docker-registry', hasCredentials = false): UpstreamFacts => ({
  type,
  url,
  hasCredentials,
});
const endpoint = { id: 1, name: 'up', description: '', insecure: false } as const;

describe('a hint about an upstream', () => {
  const hints: readonly [string, UpstreamFacts, string, string | undefined][] = [
    ['nothing known', at('https://quay.io'), 'the registry is unhealthy', undefined],
    ['no url', at('nonsense'), '', undefined],
    ['registry.istio.io', at('https://registry.istio.io'), '', 'docker.io/istio'],
    [
      'a registry that wants a scope',
      at('https://r.test'),
      'http status code: 400, {"error":"scope is required"}',
      'without a scope',
    ],
    [
      'Docker Hub with credentials',
      at('https://hub.docker.com', 'docker-hub', true),
      '',
      'https://registry-1.docker.io with hosts [docker.io]',
    ],
    ['Docker Hub without any', at('https://hub.docker.com', 'docker-hub'), '', undefined],
    ['Artifact Registry', at('https://us-docker.pkg.dev', 'docker-registry', true), '', '_json_key'],
    ['a host that only ends so', at('https://notpkg.dev'), '', undefined],
    ["the ECR's gallery", at('https://gallery.ecr.aws'), '', 'use https://public.ecr.aws'],
    ["Docker's website", at('https://hub.docker.com'), '', 'type docker-hub without a url'],
  ];
  for (const [what, upstream, reason, expected] of hints) {
    it(`for ${what} is ${expected ?? 'none'}`, () => {
      const hint = upstreamHint(upstream, reason);
      if (expected === undefined) expect(hint).to.equal(undefined);
      else expect(hint).to.include(expected);
    });
  }

  it('stands behind what Harbor reports, and is silent about what works', () => {
    const istio = { ...endpoint, type: 'docker-registry', url: 'https://registry.istio.io' };
    expect(unhealthiness({ ...istio, status: 'unhealthy' })).to.match(/^Harbor reports .* docker\.io\/istio/);
    expect(unhealthiness({ ...istio, status: 'healthy' })).to.equal(undefined);
  });
});
