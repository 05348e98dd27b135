import { expect } from 'chai';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

/** The API server takes no longer expression, in characters. */
const LONGEST_EXPRESSION = 100_000;
/** What it takes of all annotations of an object, in bytes. */
const ANNOTATIONS = 256 * 1024;

interface Fleet {
  readonly name: string;
  readonly count: number;
  readonly mirror: (n: string) => string;
  readonly host: (n: string) => string;
  readonly pullPrefix: (n: string) => string;
  readonly include?: (n: string) => readonly string[];
}

const FLEETS: readonly Fleet[] = [
  {
    name: 'long projects and short hosts',
    count: 1000,
    mirror: (n) => `physics-registry-${n}`,
    host: (n) => `r${n}.cern.test`,
    pullPrefix: (n) => `harbor.cern.test/physics-registry-${n}`,
  },
  {
    name: 'very long names and short hosts',
    count: 600,
    mirror: (n) => `${'team-'.repeat(20)}${n}`,
    host: (n) => `r${n}.acme.test`,
    pullPrefix: (n) => `harbor.acme.test/frontend-${n}`,
  },
  {
    name: 'long hosts and short projects',
    count: 1000,
    mirror: (n) => `m-${n}`,
    host: (n) => `registry-of-the-${n}.department.of.some.company.test`,
    pullPrefix: (n) => `h.test/${n}`,
  },
  {
    name: 'some repositories of one registry each',
    count: 1000,
    mirror: (n) => `team-${n}`,
    host: () => 'registry.one.test',
    pullPrefix: (n) => `harbor.one.test/team-${n}`,
    include: (n) => [`team-${n}/**`, `shared/${n}-*`],
  },
];

for (const { name, count, mirror, host, pullPrefix, include } of FLEETS) {
  describe(`a thousand mirrors in a policy at most, with ${name}`, () => {
    const entries = Array.from({ length: count }, (_, i): MirrorEntry => {
      const n = String(i).padStart(4, '0');
      return {
        mirror: mirror(n),
        hosts: [host(n)],
        pullPrefix: pullPrefix(n),
        include: include?.(n) ?? [],
        exclude: [],
      };
    });

    for (const engine of ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const) {
      it(`never makes a ${engine} that the API server refuses for its length`, () => {
        const settings = { ...DEFAULT_SETTINGS, engine, pullSecret: 'Inject' } as const;
        const policies = renderPolicies(
          entries.map((entry) => ({ entry, settings })),
          { excludedNamespaces: ['kube-*'], mirrorsPerPolicy: 1000 },
        );
        expect(policies.flatMap((policy) => policy.entries)).to.have.length(count);
        for (const { object } of policies) {
          const annotations = Object.entries(object.metadata.annotations).flat().join('');
          expect(Buffer.byteLength(annotations)).to.be.below(ANNOTATIONS);
          expect(longestExpression(object)).to.be.at.most(LONGEST_EXPRESSION);
        }
      });
    }
  });
}

function longestExpression(object: object): number {
  let longest = 0;
  JSON.stringify(object, (key, value: unknown) => {
    if (key === 'expression' && typeof value === 'string') longest = Math.max(longest, value.length);
    return value;
  });
  return longest;
}
