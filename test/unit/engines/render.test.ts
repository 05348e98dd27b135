import { expect } from 'chai';
import fc from 'fast-check';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { policyEntry, type MirrorEntry } from '../../../src/engines/entry.js';
import type { PlacedEntry } from '../../../src/engines/placement/group.js';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { inForce } from '../../../src/engines/in-force.js';
import { contentCondition } from '../../../src/engines/webhooks.js';
import { readEntries } from '../../../src/engines/metadata/annotations.js';
import { renderEmpty, renderPolicies } from '../../../src/engines/render.js';
import { policySettings, type PolicyEngine, type PolicySettings } from '../../../src/engines/settings.js';

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
const options = { excludedNamespaces: ['kube-*', 'kyverno'] };

function settings(more: Partial<PolicySettings> = {}): PolicySettings {
  return { engine: 'ClusterPolicy', failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None', ...more };
}

function entry(mirror: string, more: Partial<MirrorEntry> = {}): MirrorEntry {
  return { mirror, hosts: [`${mirror}.test`], pullPrefix: `harbor.test/${mirror}`, include: [], exclude: [], ...more };
}

function placed(count: number): readonly PlacedEntry[] {
  return Array.from({ length: count }, (_, i) => ({ entry: entry(`mirror-${i}`), settings: settings() }));
}

describe('rendering policies', () => {
  for (const engine of ENGINES) {
    it(`gives byte-equal output for equal input in any order (${engine})`, () => {
      const all = [
        { entry: entry('b'), settings: settings({ engine }) },
        { entry: entry('a', { include: ['x/**'] }), settings: settings({ engine }) },
        { entry: entry('c'), settings: settings({ engine, failurePolicy: 'Ignore' }) },
      ];
      const expected = JSON.stringify(renderPolicies(all, options));
      expect(JSON.stringify(renderPolicies(all.toReversed(), options))).to.equal(expected);
      const reordered = { excludedNamespaces: options.excludedNamespaces.toReversed() };
      expect(JSON.stringify(renderPolicies(all, reordered))).to.equal(expected);
    });

    it(`keeps the entries where they can be read again (${engine})`, () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }), (texts) => {
          const entries = texts.map((text, i) => entry(`m${i}`, { hosts: [text], pullPrefix: text, include: [text] }));
          const [policy] = renderPolicies(
            entries.map((one) => ({ entry: one, settings: settings({ engine }) })),
            options,
          );
          expect(policy && readEntries(policy.object)).to.deep.equal(entries);
        }),
      );
    });

    it(`changes the content's hash with anything that changes a decision (${engine})`, () => {
      const hash = (more: Partial<MirrorEntry>, set: Partial<PolicySettings>, excludedNamespaces = ['a']): string =>
        renderPolicies([{ entry: entry('a', more), settings: settings({ engine, ...set }) }], { excludedNamespaces })[0]
          ?.contentHash ?? '';
      const hashes = [
        hash({}, {}),
        hash({ hosts: ['other.test'] }, {}),
        hash({ pullPrefix: 'harbor.test/other' }, {}),
        hash({ include: ['x'] }, {}),
        hash({ exclude: ['x'] }, {}),
        hash({}, { failurePolicy: 'Ignore' }),
        hash({}, { podsWithPullSecrets: 'Rewrite' }),
        hash({}, { podSelector: { matchLabels: { a: 'b' } } }),
        hash({}, {}, ['b']),
      ];
      expect(new Set(hashes).size).to.equal(hashes.length);
      expect(hash({}, {})).to.equal(hashes[0]);
    });
  }

  it('gives policies no owners where no cluster is known', () => {
    const policies = renderPolicies([{ entry: entry('a'), settings: settings() }], options);
    expect(policies[0]?.object.metadata).to.not.have.property('ownerReferences');
  });

  it('shares one policy among mirrors with the same settings, whatever the order of the keys', () => {
    const one = settings({ podSelector: { matchLabels: { a: 'b', c: 'd' } } });
    const other = { podSelector: { matchLabels: { c: 'd', a: 'b' } }, ...settings() };
    const policies = renderPolicies(
      [
        { entry: entry('a'), settings: one },
        { entry: entry('b'), settings: other },
        { entry: entry('c'), settings: settings() },
      ],
      options,
    );
    expect(policies.map(({ entries }) => entries.map(({ mirror }) => mirror).join())).to.have.members(['a,b', 'c']);
    const names = Object.fromEntries(
      policies.map(({ name, entries }) => [entries.map(({ mirror }) => mirror).join(), name]),
    );
    expect(names['a,b']).to.match(/^registry-mirrors-[0-9a-f]{10}$/);
    expect(names.c).to.equal('registry-mirrors');
  });

  for (const [engine, most] of Object.entries(MIRRORS_PER_POLICY) as [PolicySettings['engine'], number][]) {
    it(`does not split ${most} mirrors, and splits more so that none has too many, with ${engine}`, () => {
      const count = Math.round(most * 4.5);
      const all = placed(count).map(({ entry: one }) => ({ entry: one, settings: settings({ engine }) }));
      expect(renderPolicies(all.slice(0, most), options)).to.have.length(1);
      const policies = renderPolicies(all, options);
      expect(policies.flatMap(({ entries }) => entries)).to.have.length(count);
      expect(policies.every(({ entries }) => entries.length <= most)).to.equal(true);
      expect(new Set(policies.map(({ name }) => name)).size).to.equal(policies.length);
    });
  }

  it('asks an empty map for nothing, whose values have no type for CEL', () => {
    for (const engine of ['MutatingPolicy', 'MutatingAdmissionPolicy'] as const) {
      const { object } = renderEmpty('registry-mirrors-0123456789', settings({ engine }));
      expect(JSON.stringify(object)).to.not.match(/variables\.(?:pullPrefixes|ownPrefixes)/);
    }
  });

  it('gives Kyverno and the API server the same text in CEL, but for what only Kyverno does', () => {
    const [kyverno, own] = (['MutatingPolicy', 'MutatingAdmissionPolicy'] as const).map((engine) => {
      const [policy] = renderPolicies(
        [{ entry: entry('m', { exclude: ['x/**'] }), settings: settings({ engine }) }],
        options,
      );
      return JSON.stringify(policy?.object.spec).replace(policy?.contentHash ?? '', 'HASH');
    });
    const { autogen, evaluation, ...shared } = JSON.parse(kyverno ?? '') as Record<string, unknown>;
    expect([autogen, evaluation]).to.not.include(undefined);
    expect(shared).to.deep.equal(JSON.parse(own ?? ''));
  });

  it('says in CEL which paths are left out so that the whole condition is negated', () => {
    for (const exclude of [['a'], ['a/**'], ['a*'], ['a', 'b/**', 'c*']]) {
      const [policy] = renderPolicies(
        [{ entry: entry('m', { exclude }), settings: settings({ engine: 'MutatingAdmissionPolicy' }) }],
        options,
      );
      expect(JSON.stringify(policy?.object)).to.match(/ &&\\n +!\(/);
    }
  });

  it('splits mirrors whose entries are too long together', () => {
    const include = Array.from({ length: 64 }, (_, i) => `${'x'.repeat(200)}/${i}`);
    const long = Array.from({ length: 12 }, (_, i) => ({ entry: entry(`m${i}`, { include }), settings: settings() }));
    const policies = renderPolicies(long, options);
    expect(policies.length).to.be.greaterThan(1);
    for (const { object } of policies) expect(JSON.stringify(object).length).to.be.lessThan(500_000);
  });

  it('is in force once its content stands in a webhook, and not before', () => {
    const [policy] = renderPolicies(placed(1), options);
    if (policy === undefined) throw new Error('No policy.');
    const webhook = (name: string): object => ({ name: 'x', matchConditions: [{ name, expression: 'true' }] });
    const configurations = (...webhooks: object[]): Parameters<typeof inForce>[1] => [{ webhooks }] as never;
    expect(inForce(policy, [])).to.equal(false);
    expect(inForce(policy, configurations())).to.equal(false);
    expect(inForce(policy, configurations(webhook(contentCondition('0000000000'))))).to.equal(false);
    expect(inForce(policy, configurations({ name: 'y' }, webhook(contentCondition(policy.contentHash))))).to.equal(
      true,
    );
  });

  it('reads no entries from an annotation that someone broke', () => {
    const read = (text: string): unknown =>
      readEntries({ metadata: { name: 'x', annotations: { 'registrymirror.io/mirrors': text } } });
    for (const text of [
      '',
      '{',
      '{}',
      'null',
      '[1]',
      '[{"mirror":"a"}]',
      '[{"mirror":"a","pullPrefix":"b","hosts":[1],"include":[],"exclude":[]}]',
    ]) {
      expect(read(text), text).to.equal(undefined);
    }
    expect(read('[]')).to.deep.equal([]);
    expect(readEntries({ metadata: { name: 'x' } })).to.equal(undefined);
  });
});

describe("a mirror's share", () => {
  const mirror = (spec: object): RegistryMirror =>
    ({
      metadata: { name: 'm' },
      spec: {
        upstream: { type: 'docker-hub' },
        rewrite: {
          engine: 'ClusterPolicy',
          failurePolicy: 'Fail',
          podsWithPullSecrets: 'Skip',
          pullSecret: 'None',
          ...spec,
        },
      },
    }) as RegistryMirror;

  it('has hosts and globs without order and repetition', () => {
    const repositories = { include: ['b', 'a', 'b'], exclude: ['z'] };
    expect(policyEntry(mirror({ repositories }), 'h.test/p')).to.deep.equal({
      mirror: 'm',
      hosts: ['docker.io'],
      pullPrefix: 'h.test/p',
      include: ['a', 'b'],
      exclude: ['z'],
    });
  });

  it('has no settings for engine None', () => {
    expect(policySettings(mirror({ engine: 'None' }).spec)).to.equal(undefined);
  });

  it('takes an empty selector for none', () => {
    const spec = mirror({ namespaceSelector: {}, podSelector: { matchLabels: {}, matchExpressions: [] } }).spec;
    expect(policySettings(spec)).to.deep.equal(settings());
  });
});
