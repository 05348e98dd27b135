import { expect } from 'chai';

import type { MirrorEntry } from '../../../src/engines/entry.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { rewriter } from '../../../src/image/rewrite.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { useCluster } from '../shared-cluster.js';
import { dryRun, images as imagesOf, podOf } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { SERVED_ENGINES } from './served.js';

const HOST = 'registry.patterns.test';
/** All globs need a regular expression. */
const MIRRORS = Array.from({ length: 400 }, (_, i): MirrorEntry => ({
  mirror: `patterns-${i}`,
  hosts: [HOST],
  pullPrefix: `harbor.cache.test/team-${i}`,
  include: [`team-${i}/*`, `of-${i}.*/**`],
  exclude: ['**/test-*'],
}));
const IMAGES = MIRRORS.flatMap((_, i) => [
  `${HOST}/team-${i}/image:1.2.3`,
  `${HOST}/of-${i}.x/some/image`,
  `${HOST}/team-${i}/test-image`,
]).filter((_, i) => i % 8 === 0);

for (const engine of SERVED_ENGINES) {
  describe(`hundreds of mirrors that are told apart by patterns, by ${engine},`, function () {
    this.timeout(120_000);
    const cluster = useCluster();

    it(`take a Pod with ${IMAGES.length} images`, async () => {
      const settings = { engine, ...DEFAULT_SETTINGS };
      const policies = renderPolicies(
        MIRRORS.map((entry) => ({ entry, settings })),
        { excludedNamespaces: ['kube-*'] },
      );
      const namespace = await cluster().createNamespace();
      // One image of each policy.
      const probes = policies.map(
        ({ entries: [first] }) => `${HOST}/${first?.mirror.replace('patterns', 'team') ?? ''}/a`,
      );
      const put = await PoliciesInForce.put(cluster().api, policies, { namespace, images: probes });
      try {
        const rewrite = rewriter(MIRRORS);
        const after = imagesOf(await dryRun(cluster().api, namespace, podOf(IMAGES)));
        expect(after).to.deep.equal(IMAGES.map((image) => rewrite(image).image));
      } finally {
        await put.remove();
      }
    });
  });
}
