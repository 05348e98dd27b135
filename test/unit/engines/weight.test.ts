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
  readonly hosts: (n: string) => readonly string[];
  readonly pullPrefix: (n: string) => string;
  readonly include?: (n: string) => readonly string[];
  readonly exclude?: (n: string) => readonly string[];
}

const REGISTRIES = ['docker.io', 'ghcr.io', 'quay.io'];

const FLEETS: readonly Fleet[] = [
  {
    name: 'long projects and short hosts',
    count: 1000,
    mirror: (n) => `physics-registry-${n}`,
    hosts: (n) => [`r${n}.cern.test`],
    pullPrefix: (n) => `harbor.cern.test/physics-registry-${n}`,
  },
  {
    name: 'very long names and short hosts',
    count: 600,
    mirror: (n) => `${'team-'.repeat(20)}${n}`,
    hosts: (n) => [`r${n}.acme.test`],
    pullPrefix: (n) => `harbor.acme.test/frontend-${n}`,
  },
  {
    name: 'long hosts and short projects',
    count: 1000,
    mirror: (n) => `m-${n}`,
    hosts: (n) => [`registry-of-the-${n}.department.of.some.company.test`],
    pullPrefix: (n) => `h.test/${n}`,
  },
  {
    name: 'some repositories of one registry each',
    count: 1000,
    mirror: (n) => `team-${n}`,
    hosts: () => ['registry.one.test'],
    pullPrefix: (n) => `harbor.one.test/team-${n}`,
    include: (n) => [`team-${n}/**`, `shared/${n}-*`],
  },
  {
    name: 'some repositories of three registries each, and others that are on one of these alone',
    count: 400,
    mirror: (n) => `team-${n}`,
    hosts: (n) => (Number(n) < 3 ? [REGISTRIES[Number(n)] ?? ''] : REGISTRIES),
    pullPrefix: (n) => `harbor.example.org/team-${n}`,
    include: (n) => [1, 2, 3, 4, 5, 6, 7, 8].map((project) => `team-${n}-of-project-${project}/**`),
  },
  {
    name: 'repositories and exceptions among those of all others',
    count: 200,
    mirror: (n) => `team-${n}`,
    hosts: () => ['quay.io'],
    pullPrefix: (n) => `harbor.example.org/team-${n}`,
    include: (n) => [`t${n}/**`, `team-${n}/**`, `teams/of/${n}/**`],
    exclude: () => ['**/test-*', '**/private/**', '**/secret/**'],
  },
  {
    name: 'repositories and exceptions, and many of others among them',
    count: 120,
    mirror: (n) => (Number(n) % 2 === 0 ? `team-${n}` : `base-${n}`),
    hosts: () => ['docker.io'],
    pullPrefix: (n) => `harbor.example.org/team-${n}`,
    include: (n) =>
      Number(n) % 2 === 0
        ? ['', 'x', 'xx', 'xxx', 'xxxx', 'xxxxx'].map((more) => `team-${n}-${more}/**`)
        : Array.from({ length: 24 }, (_, i) => `team-${String(Number(n) - 1).padStart(4, '0')}-/base-${i}/**`),
    exclude: (n) =>
      Number(n) % 2 === 0 ? ['', 'x', 'xx', 'xxx', 'xxxx', 'xxxxx'].map((more) => `team-${n}-${more}/private/**`) : [],
  },
];

for (const { name, count, mirror, hosts, pullPrefix, include, exclude } of FLEETS) {
  describe(`a thousand mirrors in a policy at most, with ${name}`, () => {
    const entries = Array.from({ length: count }, (_, i): MirrorEntry => {
      const n = String(i).padStart(4, '0');
      return {
        mirror: mirror(n),
        hosts: hosts(n),
        pullPrefix: pullPrefix(n),
        include: include?.(n) ?? [],
        exclude: exclude?.(n) ?? [],
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

describe('ten mirrors of one registry, with twenty repositories and as many exceptions each,', () => {
  for (const engine of ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const) {
    it(`share a ${engine}, since each repository has its own exception only`, () => {
      const projects = Array.from({ length: 20 }, (_, i) => `project-${i}`);
      const placed = Array.from({ length: 10 }, (_, i) => {
        const name = `team-${i}`;
        const include = projects.map((project) => `${project}/${name}/**`);
        const exclude = projects.map((project) => `${project}/${name}/private-*/**`);
        const entry = {
          mirror: name,
          hosts: ['docker.io'],
          pullPrefix: `harbor.example.org/${name}`,
          include,
          exclude,
        };
        return { entry, settings: { ...DEFAULT_SETTINGS, engine } };
      });
      const [policy, ...more] = renderPolicies(placed, { excludedNamespaces: [] });
      expect(more).to.deep.equal([]);
      expect(longestExpression(policy?.object ?? {})).to.be.at.most(LONGEST_EXPRESSION);
    });
  }
});

function longestExpression(object: object): number {
  let longest = 0;
  JSON.stringify(object, (key, value: unknown) => {
    if (key === 'expression' && typeof value === 'string') longest = Math.max(longest, value.length);
    return value;
  });
  return longest;
}
