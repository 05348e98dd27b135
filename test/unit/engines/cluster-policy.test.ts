import { expect } from 'chai';
import { stringify } from 'yaml';

import type { MirrorEntry } from '../../../src/engines/entry.js';
import { readEntries } from '../../../src/engines/annotations.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';

const SETTINGS: PolicySettings = {
  engine: 'ClusterPolicy',
  failurePolicy: 'Fail',
  podsWithPullSecrets: 'Skip',
  pullSecret: 'None',
};

function mirror(name: string, more: Partial<MirrorEntry> = {}): MirrorEntry {
  return {
    mirror: name,
    hosts: [`${name}.io`],
    pullPrefix: `harbor.example.org/${name}`,
    include: [],
    exclude: [],
    ...more,
  };
}

function policyOf(entries: readonly MirrorEntry[], settings: Partial<PolicySettings> = {}): RenderedPolicy {
  const placed = entries.map((entry) => ({ entry, settings: { ...SETTINGS, ...settings } }));
  const [policy] = renderPolicies(placed, { excludedNamespaces: ['kube-*', 'kyverno', 'harbor'] });
  if (policy === undefined) throw new Error('No policy was rendered.');
  return policy;
}

/** As `kubectl get -o yaml` prints it. */
function yamlOf({ object }: RenderedPolicy): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** A numbered escape of CEL, JMESPath, JSON or a regular expression. */
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x)/;

const PLAIN: readonly MirrorEntry[] = [
  mirror('docker'),
  mirror('quay', { include: ['team-a/**', 'team-b/*', 'tools/build-?'], exclude: ['team-a/private/**'] }),
  ...Array.from({ length: 90 }, (_, i) => mirror(`registry-${i}`)),
  mirror('ghcr', { include: Array.from({ length: 64 }, (_, i) => `organisation-${i}/**`) }),
];

describe('a ClusterPolicy, as a person reads it', () => {
  for (const pullSecret of ['None', 'Inject'] as const) {
    it(`has no long line and no numbered escape where its mirrors have plain names (pullSecret: ${pullSecret})`, () => {
      const lines = yamlOf(policyOf(PLAIN, { pullSecret })).split('\n');
      expect(lines.filter((line) => line.length > 160)).to.deep.equal([]);
      expect(lines.filter((line) => ESCAPE.test(line))).to.deep.equal([]);
    });
  }

  it('has no long line where many namespaces and pull secrets are left out', () => {
    const names = Array.from({ length: 40 }, (_, i) => `storage-system-${i}`);
    const [policy] = renderPolicies(
      [{ entry: mirror('quay'), settings: { ...SETTINGS, ignorePullSecrets: names.map((name) => `${name}-*`) } }],
      { excludedNamespaces: names },
    );
    const yaml = policy === undefined ? '' : yamlOf(policy);
    expect(yaml.split('\n').filter((line) => line.length > 160 && !line.includes('excluded-namespaces'))).to.deep.equal(
      [],
    );
    for (const name of names) expect(new RegExp(`[(|]${name}[)|]`).test(yaml), name).to.equal(true);
  });

  it('sees every new Pod where others may add containers to it later, and no more updates than without', () => {
    const conditionOf = (settings: Partial<PolicySettings>): string => {
      const { spec } = policyOf([mirror('quay')], settings).object as unknown as {
        readonly spec: {
          readonly webhookConfiguration: { readonly matchConditions: readonly { expression: string }[] };
        };
      };
      return spec.webhookConfiguration.matchConditions.map(({ expression }) => expression).join();
    };
    expect(conditionOf({ injected: 'Always' })).to.match(/\n\(request\.operation == 'CREATE' \|\| \(\n[^]*quay\.io/);
    expect(conditionOf({})).to.not.include("(request.operation == 'CREATE' || (\n");
  });

  it('says in a plain map which host is pulled from where', () => {
    expect(yamlOf(policyOf([mirror('quay'), mirror('docker', { hosts: ['docker.io'] })]))).to.include(
      [
        '        - name: mirrors',
        '          variable:',
        '            value:',
        '              docker.io: harbor.example.org/docker',
        '              index.docker.io: harbor.example.org/docker',
        '              quay.io: harbor.example.org/quay',
        '',
      ].join('\n'),
    );
  });

  it('lists its mirrors in the annotation, one a line', () => {
    const lines = policyOf([mirror('a'), mirror('b')]).object.metadata.annotations['registrymirror.io/mirrors'];
    expect(lines).to.equal(
      [
        '[',
        '  {"mirror":"a","hosts":["a.io"],"pullPrefix":"harbor.example.org/a","include":[],"exclude":[]},',
        '  {"mirror":"b","hosts":["b.io"],"pullPrefix":"harbor.example.org/b","include":[],"exclude":[]}',
        ']',
      ].join('\n'),
    );
  });

  it('is read as well where an older operator wrote its mirrors in one line', () => {
    const annotations = { 'registrymirror.io/mirrors': JSON.stringify(PLAIN) };
    expect(readEntries({ metadata: { name: 'x', annotations } })).to.deep.equal(PLAIN);
  });
});

describe('a text from outside in a ClusterPolicy', () => {
  const HOSTILE = ["q'uay.io", 'q{{ x }}', 'q$(x)', 'q`', 'q"', 'q\n', "x'''y"];

  it('stands nowhere as it is where Kyverno, CEL or JMESPath may take it for more than text', () => {
    for (const text of HOSTILE) {
      const { object } = policyOf([
        mirror('m', { hosts: [text], pullPrefix: text }),
        mirror('n', { hosts: ['x'], include: [text] }),
      ]);
      const rules = JSON.stringify(object.spec);
      expect(rules, text).to.not.include(JSON.stringify(text).slice(1, -1));
    }
  });

  it('has no word in an expression that Kyverno takes for its variable of all images', () => {
    const { object } = policyOf([
      mirror('images'),
      mirror('m', { hosts: ['images.test'], pullPrefix: 'harbor.test/images', include: ['images/**', 'a/images'] }),
    ]);
    const { rules } = object.spec as { readonly rules: readonly { readonly context: readonly object[] }[] };
    const expressions = rules
      .flatMap(({ context }) => context as readonly { readonly variable: { readonly jmesPath?: string } }[])
      .map(({ variable }) => variable.jmesPath ?? '');
    expect(expressions.filter((text) => /(?:^|[^.0-9A-Za-z])images\b/.test(text))).to.deep.equal([]);
  });
});
