import { expect } from 'chai';
import fc from 'fast-check';

import { literalPrefix, matchesGlob } from '../../../src/image/glob.js';
import { rewriter } from '../../../src/image/rewrite.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { policyEntry, type MirrorEntry } from '../../../src/engines/entry.js';
import type { PlacedEntry } from '../../../src/engines/placement/group.js';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { inForce } from '../../../src/engines/in-force.js';
import { contentCondition } from '../../../src/engines/webhooks.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
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

describe('precedence between policies', () => {
  const everything = entry('everything', { hosts: ['docker.io'] });
  const library = entry('library', { hosts: ['docker.io', 'quay.io'], include: ['library/**'] });

  it("leaves alone what another policy's more specific mirror takes", () => {
    expect(precedence([everything, library])([everything])).to.deep.equal([
      {
        hosts: ['docker.io'],
        outcomes: [
          { pullPrefix: undefined, include: ['library/**'], exclude: [] },
          { pullPrefix: 'harbor.test/everything', include: [], exclude: [] },
        ],
      },
    ]);
  });

  it('says nothing of less specific mirrors of others', () => {
    const [rule] = precedence([everything, library])([library]);
    expect(rule?.hosts).to.deep.equal(['docker.io', 'quay.io']);
    expect(rule?.outcomes).to.deep.equal([{ pullPrefix: 'harbor.test/library', include: ['library/**'], exclude: [] }]);
  });

  it('says nothing of what others take where no path of its own can be among it', () => {
    const team = (name: string, ...include: string[]): MirrorEntry => entry(name, { hosts: ['docker.io'], include });
    const one = team('one', 'team-1/**');
    for (const other of ['team-10/**', 'team-10', 'team', 'other/**', 'team-1x*', 'team-10/a/**']) {
      expect(precedence([one, team('other', other)])([one])[0]?.outcomes, other).to.have.length(1);
    }
    for (const [mine, other] of [
      ['team-1/**', 'team-1/a/**'],
      ['team-1', 'team-1/**'],
      ['team-1', 'team-*'],
      ['team-*', 'team-1'],
      ['**', 'team-1/*'],
      ['*/b', 'a/b'],
    ] as const) {
      const own = team('own', mine);
      const outcomes = precedence([own, team('other', other)])([own])[0]?.outcomes ?? [];
      const others = outcomes.filter(({ pullPrefix }) => pullPrefix === undefined);
      const isFirst =
        literalPrefix(other).length > literalPrefix(mine).length || literalPrefix(other) === literalPrefix(mine);
      expect(others.length, `${other} before ${mine}`).to.equal(isFirst ? 1 : 0);
    }
  });

  it('decides together as one rewrite of all mirrors would, whatever policies they are in', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '?'), { minLength: 1, maxLength: 3 });
    const globs = fc.uniqueArray(
      glob.map((parts) => parts.join('/')),
      { maxLength: 2 },
    );
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(globs, globs, fc.nat({ max: 1 })), { minLength: 1, maxLength: 5 }),
        path.map((parts) => parts.join('/')),
        (mirrors, image) => {
          const all = mirrors.map(([include, exclude], i) =>
            entry(`m${i}`, { hosts: ['quay.io'], include: include.toSorted(), exclude }),
          );
          const rulesOf = precedence(all);
          const results = [0, 1].flatMap((part) => {
            const own = all.filter((_, i) => mirrors[i]?.[2] === part);
            const [rule] = rulesOf(own);
            const outcome = rule?.outcomes.find(
              ({ include, exclude }) =>
                (include.length === 0 || include.some((one) => matchesGlob(one, image))) &&
                !exclude.some((one) => matchesGlob(one, image)),
            );
            return outcome?.pullPrefix ?? [];
          });
          const { image: rewritten } = rewriter(all)(`quay.io/${image}`);
          expect(results).to.deep.equal(
            rewritten === `quay.io/${image}` ? [] : [rewritten.slice(0, -image.length - 1)],
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("says a mirror's excludes once, whatever the number of its hosts and includes", () => {
    const hosts = ['a.test', 'b.test'];
    const wide = entry('wide', { hosts, include: ['x/**', 'long/y/**', 'z'], exclude: ['x/secret'] });
    const outcome = { pullPrefix: 'harbor.test/wide', include: ['long/y/**', 'x/**', 'z'], exclude: ['x/secret'] };
    expect(precedence([wide])([wide])).to.deep.equal([{ hosts, outcomes: [outcome] }]);
  });

  it('takes a mirror that is in two policies for a while for its own in both', () => {
    const moved = { ...library, pullPrefix: 'other.test/library' };
    expect(precedence([library, moved])([moved])).to.deep.equal(precedence([moved])([moved]));
    expect(precedence([library, moved])([library])).to.deep.equal(precedence([library])([library]));
  });
});
