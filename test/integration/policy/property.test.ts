import { expect } from 'chai';
import fc from 'fast-check';

import { rewriter } from '../../../src/image/rewrite.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { useCluster } from '../shared-cluster.js';
import { goldenEntries, repositoryEntries } from './golden.js';
import { dryRun, images, podOf } from './pod.js';
import { chunks, inParallel, PoliciesInForce } from './policies.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

/** Many, since a request costs more than an image does. */
const IMAGES_PER_POD = 250;

/** How many images each engine is asked for in each of the two suites. They are others in each run: it is the runs together that look everywhere, or one with `GENERATED_IMAGES=10000`. */
const COUNT = Number(process.env.GENERATED_IMAGES ?? 4000);
/** What decides which names a run has: that of a run that failed makes the same ones again. */
const SEED = Number(process.env.GENERATED_SEED ?? Date.now() % 2 ** 31);
const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];

/** Names near the mirrors' hosts and paths, most of them valid, many of them only just or not quite. */
const image: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      ...['', '', 'docker.io/', 'index.docker.io/', 'Docker.io/', 'quay.io/', 'quay.io:443/', 'QUAY.IO/', 'ghcr.io/'],
      ...[
        'localhost/',
        'localhost:5000/',
        'localhost:50/',
        'registry.k8s.io/',
        '[::1]/',
        '[::1]:5000/',
        'a_b.c/',
        '-a.b/',
      ],
      ...[
        'quay.iox/',
        'x.quay.io/',
        'quay-io/',
        'registry.internal.test:5000/',
        'registry.internal.test:05000/',
        '/',
        'a.b:/',
      ],
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.array(component(), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')) },
      { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...Array.from('ab0/._-:@A')), maxLength: 12 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('a'.repeat(64), 'f'.repeat(63), 'b'.repeat(255), 'c'.repeat(256), 'd'.repeat(247)),
      },
    ),
    fc.oneof(
      fc.constantFrom(
        '',
        '',
        ':latest',
        ':v1.2.3-x_Y',
        ':',
        ':-x',
        ':.x',
        `:${'T'.repeat(128)}`,
        `:${'T'.repeat(129)}`,
        ':a:b',
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 4 }).map((text) => `:${text}`),
    ),
    fc.constantFrom(
      ...['', '', '', '@', '@sha256:short', `@sha256:${'a'.repeat(64)}`, `@sha256:${'A'.repeat(64)}`],
      ...[
        `@sha512:${'0'.repeat(128)}`,
        `@sha384:${'0'.repeat(96)}`,
        `@sha256:${'0'.repeat(65)}`,
        `@md5:${'0'.repeat(32)}`,
      ],
    ),
  )
  .map((parts) => parts.join(''))
  // What the API server refuses whatever the policies do.
  .filter((name) => name !== '' && name.trim() === name);

function component(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...['library', 'nginx', 'bitnami', 'redis', 'redis-cluster', 'legacy-x', 'atlas', 'sim', 'private', 'cms', 'reco'],
    ...[
      'lhcb',
      'v1',
      'v12',
      'pause',
      'test',
      'coredns',
      'secret',
      'ubuntu',
      'a__b',
      'a___b',
      'a--b',
      'a..b',
      'a.b',
      'A',
      '0',
      'images',
    ],
  );
}

for (const [name, entries, seed] of [
  ['of ten mirrors', goldenEntries, SEED],
  ['decided by globs', repositoryEntries, SEED + 1],
] as const) {
  describe(`the rewrite ${name}, of generated images`, function () {
    this.timeout(120_000 + COUNT * 30);
    const cluster = useCluster();

    afterEach(function () {
      if (this.currentTest?.isFailed() !== true) return;
      const variables = `GENERATED_SEED=${SEED} GENERATED_IMAGES=${COUNT}`;
      const test = `test/integration/policy/property.test.ts -g '${this.currentTest.fullTitle()}'`;
      process.stderr.write(`The same names again: ${variables} npx mocha ${test}\n`);
    });

    for (const engine of ENGINES) {
      it(`is the same by ${engine} as by the pure function`, async () => {
        const namespace = await cluster().createNamespace();
        const settings = { engine, ...DEFAULT_SETTINGS };
        const placed = entries.map((entry) => ({ entry, settings }));
        const policies = renderPolicies(placed, { excludedNamespaces: ['kube-*'] });
        const inForce = await PoliciesInForce.put(cluster().api, policies, { namespace, images: ['nginx'] });
        try {
          const rewrite = rewriter(entries);
          const generated = fc.sample(image, { numRuns: COUNT, seed });
          await inParallel(chunks(generated, IMAGES_PER_POD), async (some) => {
            const result = images(await dryRun(cluster().api, namespace, podOf(some)));
            const wrong = some.flatMap((one, index) =>
              result[index] === rewrite(one).image ? [] : [[one, result[index]]],
            );
            expect(wrong).to.deep.equal([]);
          });
        } finally {
          await inForce.remove();
        }
      });
    }
  });
}
