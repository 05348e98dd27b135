import { expect } from 'chai';
import fc from 'fast-check';

import { rewriter } from '../../../src/image/rewrite.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { WORDS } from '../../../src/engines/syntax/words.js';
import { useCluster } from '../shared-cluster.js';
import { dryRun, images, podOf } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];

/** Far worse than what the CRD lets through. */
const NASTY: readonly string[] = [
  '{{ request.object.metadata.name }}',
  '}}{{',
  '$(x)',
  '$1',
  '${1}',
  "'",
  '"',
  '`',
  '\\',
  "\\' || `1` || '",
  '" || true || "',
  ']} | [0]',
  '\n- op: remove\n',
  '---\n',
  '\u0000',
  '\u2028',
  'é😀',
  '.*',
  '(?i)x',
  '[a-z]{1,3}',
  '\\Q',
  'element',
  ...WORDS,
  'quay.io',
];

const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.tuple(fc.constantFrom(...NASTY), fc.constantFrom(...NASTY)).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme-composite', minLength: 1 }),
  // As long as the CRD lets any of these fields be.
  fc.constantFrom(...NASTY).map((text) => text.repeat(Math.ceil(259 / text.length))),
);

const texts = fc.array(nasty, { maxLength: 2 });

/** A mirror with hostile text in every field that reaches a policy. */
const hostileEntry: fc.Arbitrary<MirrorEntry> = fc.record({
  mirror: nasty,
  hosts: fc.array(nasty, { minLength: 1, maxLength: 2 }),
  pullPrefix: nasty,
  include: texts,
  exclude: texts,
});

const harmless: MirrorEntry = {
  mirror: 'harmless',
  hosts: ['registry.k8s.io'],
  pullPrefix: 'harbor.test/k8s',
  include: [],
  exclude: [],
};

describe('hostile text in a mirror', function () {
  this.timeout(180_000);
  const cluster = useCluster();

  for (const engine of ENGINES) {
    it(`is taken for text by ${engine}, and rewrites nothing that it should not`, async () => {
      const namespace = await cluster().createNamespace();
      const settings = { engine, ...DEFAULT_SETTINGS };
      const seed = Date.now() % 2 ** 31;
      const rounds = fc.sample(
        fc.uniqueArray(hostileEntry, { selector: ({ mirror }) => mirror, minLength: 12, maxLength: 12 }),
        {
          numRuns: 3,
          seed,
        },
      );
      for (const [round, hostile] of rounds.entries()) {
        // Its prefix shows which round is in force.
        const known = { ...harmless, pullPrefix: `${harmless.pullPrefix}-${round}` };
        const placed = [...hostile, known].map((entry) => ({ entry, settings }));
        const policies = renderPolicies(placed, { excludedNamespaces: ['kube-*', '{{\'"`\\*'] });
        const inForce = await PoliciesInForce.put(cluster().api, policies, {
          namespace,
          images: ['registry.k8s.io/pause'],
        });
        try {
          const names = ['nginx', 'ghcr.io/a/b', 'a.test/images/b:1', 'localhost/x', 'harbor.test/a@x'];
          const pod = await dryRun(cluster().api, namespace, podOf([...names, 'registry.k8s.io/pause:3.9']));
          expect(images(pod), `seed ${seed}`).to.deep.equal([...names, `${known.pullPrefix}/pause:3.9`]);
        } finally {
          await inForce.remove();
        }
      }
    });
  }
});

describe('a mirror whose host, project or repositories have the name of a step of the ClusterPolicy', function () {
  this.timeout(120_000);
  const cluster = useCluster();

  it('is rewritten like any other', async () => {
    const mirrors = WORDS.flatMap((word): MirrorEntry[] => [
      { mirror: word, hosts: [`${word}.test`], pullPrefix: `harbor.test/${word}`, include: [], exclude: [] },
      { mirror: `of-${word}`, hosts: ['all.test'], pullPrefix: 'harbor.test/of', include: [`${word}/**`], exclude: [] },
    ]);
    // Hosts that stand beside the map of mirrors, and so do their prefixes.
    const beside: readonly MirrorEntry[] = ['images.all.test', 'plain.test'].map((host, i) => ({
      mirror: `beside-${i}`,
      hosts: [host],
      pullPrefix: `harbor.test/beside-${i}`,
      include: [],
      exclude: [],
    }));
    mirrors.push(...beside);
    const settings = { engine: 'ClusterPolicy', ...DEFAULT_SETTINGS } as const;
    const policies = renderPolicies(
      mirrors.map((entry) => ({ entry, settings })),
      { excludedNamespaces: ['kube-*'] },
    );
    const namespace = await cluster().createNamespace();
    const inForce = await PoliciesInForce.put(cluster().api, policies, { namespace, images: ['old.test/a'] });
    try {
      const prefixed = mirrors.map(({ pullPrefix }) => `plain.test/${pullPrefix}/a`);
      const names = [...WORDS.flatMap((word) => [`${word}.test/a`, `all.test/${word}/a`]), ...prefixed];
      const pod = await dryRun(cluster().api, namespace, podOf(names));
      // A repository can't have capital letters.
      const rewrite = rewriter(mirrors);
      expect(images(pod)).to.deep.equal(names.map((name) => rewrite(name).image));
      expect(images(pod)).to.include.members(['harbor.test/originals/a', 'harbor.test/of/originals/a']);
    } finally {
      await inForce.remove();
    }
  });
});
