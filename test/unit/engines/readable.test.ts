import { expect } from 'chai';
import { parse, stringify } from 'yaml';

import { readEntries } from '../../../src/engines/metadata/annotations.js';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine, PolicySettings } from '../../../src/engines/settings.js';
import { mirror } from './entries.js';

/** As `kubectl get -o yaml` prints them. */
function yamlOf(
  engine: PolicyEngine,
  entries: readonly MirrorEntry[],
  more: Partial<PolicySettings> = {},
  excludedNamespaces: readonly string[] = DEFAULT_EXCLUDED_NAMESPACES,
): string {
  const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None', ...more } as const;
  return renderPolicies(
    entries.map((entry) => ({ entry, settings })),
    { excludedNamespaces },
  )
    .map(({ object }) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n');
}

/** A numbered escape of CEL, JMESPath, JSON or a regular expression. */
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x)/;

/** All CEL and JMESPath in a policy. */
function expressions(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    typeof member === 'string' && (key === 'expression' || key === 'jmesPath') ? [member] : expressions(member),
  );
}

const longLines = (yaml: string): readonly string[] => yaml.split('\n').filter((line) => line.length > 160);

/** All shapes that hosts and globs have, and many of each. */
const PLAIN: readonly MirrorEntry[] = [
  mirror('docker', { hosts: ['docker.io'] }),
  mirror('quay', { include: ['team-a/**', 'team-b/*', 'tools/build-?'], exclude: ['team-a/private/**'] }),
  ...Array.from({ length: 90 }, (_, i) => mirror(`registry-${i}`)),
  mirror('ghcr', { include: Array.from({ length: 64 }, (_, i) => `organisation-${i}/**`) }),
  mirror('twins', {
    hosts: Array.from({ length: 16 }, (_, i) => `twin-${i}.example.org:5000`),
    include: Array.from({ length: 64 }, (_, i) => `a-*/team-${i}/**`),
    exclude: ['x', '*/secret'],
  }),
];

for (const engine of ENGINE_KINDS) {
  describe(`a policy, as a person reads it (${engine})`, () => {
    for (const pullSecret of ['None', 'Inject'] as const) {
      it(`has no long line and no numbered escape where its mirrors have plain names (pullSecret: ${pullSecret})`, () => {
        const yaml = yamlOf(engine, PLAIN, { pullSecret });
        expect(longLines(yaml)).to.deep.equal([]);
        expect(yaml.split('\n').filter((line) => ESCAPE.test(line))).to.deep.equal([]);
      });
    }

    it('has no long line where its mirrors have as many hosts as fill one', () => {
      for (let count = 1; count <= 12; count++) {
        const some = Array.from({ length: count }, (_, i) => mirror(`r-${i}`));
        expect(longLines(yamlOf(engine, [mirror('hub', { hosts: ['docker.io'] }), ...some]))).to.deep.equal([]);
      }
    });

    it('writes expressions as blocks, each step with a few lines', () => {
      const yaml = yamlOf(engine, [mirror('quay'), mirror('hub', { hosts: ['docker.io'], exclude: ['x/**'] })]);
      expect(yaml.split('\n').filter((line) => /(?:expression|jmesPath): ["'].*\\n/.test(line))).to.deep.equal([]);
      const steps = expressions(parse(yaml));
      expect(steps.length).to.be.greaterThan(10);
      // A list of names, one a line, is read at a glance, however long.
      const lines = (step: string): readonly string[] =>
        step.split('\n').filter((line) => !/^ *"[a-z-]+",?$/.test(line));
      for (const step of steps) expect(lines(step).length, step).to.be.at.most(24);
    });

    it('has no long line where many namespaces and pull secrets are left out, and names each of them', () => {
      const names = Array.from({ length: 40 }, (_, i) => `storage-system-${i}`);
      const globs = names.map((name) => `${name}-*`);
      const yaml = yamlOf(engine, [mirror('quay')], { ignorePullSecrets: globs }, [...names, ...globs]);
      expect(longLines(yaml)).to.deep.equal([]);
      const [, spec = ''] = yaml.split('\nspec:\n');
      for (const name of names) expect(new RegExp(`[(|"]${name}[)|"]`).test(spec), name).to.equal(true);
      expect(spec).to.include('storage-system-39-.*');
    });

    it('lists hosts with where they are pulled from, one a line and sorted', () => {
      const entries = [mirror('quay'), mirror('docker', { hosts: ['docker.io'] }), mirror('a')];
      const lines = yamlOf(engine, entries).split('\n');
      const map = lines
        .map((line) => /^ +"?([a-z.]+)"?: "?(harbor\.example\.org\/[a-z]+)"?,?$/.exec(line))
        .flatMap((match) => (match === null ? [] : [[match[1], match[2]] as const]))
        .filter(([host]) => host !== 'index.docker.io');
      expect(map.slice(0, 3)).to.deep.equal([
        ['a.io', 'harbor.example.org/a'],
        ['docker.io', 'harbor.example.org/docker'],
        ['quay.io', 'harbor.example.org/quay'],
      ]);
      const condition = expressions(parse(yamlOf(engine, entries))).find((text) => text.includes('quay.io')) ?? '';
      const hosts = [...condition.matchAll(/\b(?:a|quay|(?:index\.)?docker)\.io(?![a-z/])/g)].map(([host]) => host);
      expect(hosts).to.deep.equal(['a.io', 'docker.io', 'index.docker.io', 'quay.io']);
    });
  });
}

describe("a policy's annotation", () => {
  it('lists its mirrors, one a line', () => {
    expect(yamlOf('MutatingPolicy', [mirror('a'), mirror('b')])).to.include(
      [
        '    registrymirror.io/mirrors: |-',
        '      [',
        '        {"mirror":"a","hosts":["a.io"],"pullPrefix":"harbor.example.org/a","include":[],"exclude":[]},',
        '        {"mirror":"b","hosts":["b.io"],"pullPrefix":"harbor.example.org/b","include":[],"exclude":[]}',
        '      ]',
      ].join('\n'),
    );
  });

  it('is read as well where an older operator wrote its mirrors in one line', () => {
    const annotations = { 'registrymirror.io/mirrors': JSON.stringify(PLAIN) };
    expect(readEntries({ metadata: { name: 'x', annotations } })).to.deep.equal(PLAIN);
  });
});
