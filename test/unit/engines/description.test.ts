import { expect } from 'chai';

import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine, PolicySettings } from '../../../src/engines/settings.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { mirror } from './entries.js';

const CASES: readonly (readonly [
  engine: PolicyEngine,
  failurePolicy: PolicySettings['failurePolicy'],
  sentence: string,
])[] = [
  ...(['ClusterPolicy', 'MutatingPolicy'] as const).flatMap((engine) => [
    [
      engine,
      'Fail',
      'While Kyverno does not answer, the API server refuses new Pods and changes of Pods that all match conditions hold for, no others (failurePolicy: Fail).',
    ] as const,
    [
      engine,
      'Ignore',
      'While Kyverno does not answer, the API server takes all Pods as they are written (failurePolicy: Ignore).',
    ] as const,
  ]),
  [
    'MutatingAdmissionPolicy',
    'Fail',
    'The API server does this by itself and asks nobody; it refuses a Pod only if an expression fails for it (failurePolicy: Fail).',
  ],
  [
    'MutatingAdmissionPolicy',
    'Ignore',
    'The API server does this by itself and asks nobody; it takes a Pod as it is written if an expression fails for it (failurePolicy: Ignore).',
  ],
];

describe("a policy's description", () => {
  for (const [engine, failurePolicy, sentence] of CASES) {
    it(`says what happens to Pods while nobody answers (${engine}, ${failurePolicy})`, () => {
      const settings = { ...DEFAULT_SETTINGS, engine, failurePolicy };
      const [policy] = renderPolicies([{ entry: mirror('quay'), settings }], { excludedNamespaces: [] });
      const description = policy?.object.metadata.annotations['policies.kyverno.io/description'];
      expect(description?.split('\n').at(-1)).to.equal(sentence);
    });
  }
});
