import { expect } from 'chai';
import { ENGINE_KINDS, ENGINES } from '../../../src/engines/engines.js';
import { renderEmpty, renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { patchTexts, textsOf, withPatchTexts } from '../../../scripts/patch-texts.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { mirror } from './entries.js';

/** All that a policy's form may depend on. */
const SETTINGS: readonly Partial<PolicySettings>[] = [
  {},
  { failurePolicy: 'Ignore', podsWithPullSecrets: 'Rewrite', injected: 'Always' },
  {
    ignorePullSecrets: ['a-*'],
    podSelector: { matchLabels: { a: 'b' } },
    namespaceSelector: { matchLabels: { a: 'b' } },
  },
].flatMap((more) => [more, { ...more, pullSecret: 'Inject' }]) as readonly Partial<PolicySettings>[];

const ENTRIES = [
  [mirror('a')],
  [mirror('hub', { hosts: ['docker.io'] }), mirror('b', { include: ['x/**'], exclude: ['x/y'] })],
  [mirror("q'{{ x }}"), ...Array.from({ length: 90 }, (_, i) => mirror(`m-${i}`))],
];

describe('The texts that the admission policy lets the operator write', () => {
  for (const engine of ENGINE_KINDS.filter((kind) => ENGINES[kind].isKyverno)) {
    it(`are what all of its policies have, whatever their mirrors and settings, and when they are emptied (${engine})`, () => {
      const policies = SETTINGS.flatMap((more) => {
        const settings = { engine, ...DEFAULT_SETTINGS, ...more };
        const full = ENTRIES.flatMap((entries) =>
          renderPolicies(
            entries.map((entry) => ({ entry, settings })),
            { excludedNamespaces: ['kube-*'] },
          ),
        );
        return [...full, renderEmpty('registry-mirrors', settings)];
      });
      const texts = policies.map(({ object }) => textsOf(object.spec));
      expect(texts.every((some) => some.length === (engine === 'ClusterPolicy' ? 3 : 1))).to.equal(true);
      expect(patchTexts()).to.include.members(texts.flat());
    });
  }

  it('look at each path themselves, and at each name of a pull Secret', () => {
    expect(patchTexts()).to.have.length(7);
    for (const text of patchTexts()) {
      expect(text).to.include('/spec/((containers|initContainers|ephemeralContainers)/[0-9]+/image|');
      expect(text.includes('imagePullSecrets/-')).to.equal(text.includes('registry-mirror-pull-'));
    }
  });

  it('stand in a page that has a place for them, and in no other', () => {
    expect(() => withPatchTexts('spec: {}', false)).to.throw('no place');
  });
});
