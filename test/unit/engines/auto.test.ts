import { expect } from 'chai';
import { chooseEngine } from '../../../src/engines/auto.js';
import type { Served } from '../../../src/engines/auto.js';
import { byEngine, ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';

interface Case {
  readonly sentence: string;
  readonly injected?: 'Always';
  readonly current?: PolicyEngine;
  readonly engines?: readonly PolicyEngine[];
  readonly served: Partial<Record<PolicyEngine, Served>>;
  readonly expected: PolicyEngine;
}

const ALL = { ClusterPolicy: 'served', MutatingPolicy: 'served', MutatingAdmissionPolicy: 'served' } as const;
const OLD = { ClusterPolicy: 'served' } as const;
const KYVERNO = { ClusterPolicy: 'served', MutatingPolicy: 'served' } as const;

const CASES: readonly Case[] = [
  { sentence: "takes the API server's own where there is all", served: ALL, expected: 'MutatingAdmissionPolicy' },
  { sentence: "takes Kyverno's policy in CEL before its older one", served: KYVERNO, expected: 'MutatingPolicy' },
  { sentence: 'takes the ClusterPolicy where there is nothing else', served: OLD, expected: 'ClusterPolicy' },
  {
    sentence: 'takes the ClusterPolicy for what later webhooks add, since a MutatingPolicy never sees that',
    injected: 'Always',
    served: KYVERNO,
    expected: 'ClusterPolicy',
  },
  {
    sentence: 'leaves the ClusterPolicy as soon as there is another',
    current: 'ClusterPolicy',
    served: KYVERNO,
    expected: 'MutatingPolicy',
  },
  {
    sentence: 'stays with a MutatingPolicy although there is something better',
    current: 'MutatingPolicy',
    served: ALL,
    expected: 'MutatingPolicy',
  },
  {
    sentence: 'leaves a MutatingPolicy that does not do what the mirror needs now',
    injected: 'Always',
    current: 'MutatingPolicy',
    served: ALL,
    expected: 'MutatingAdmissionPolicy',
  },
  {
    sentence: 'leaves what is gone',
    current: 'MutatingAdmissionPolicy',
    served: KYVERNO,
    expected: 'MutatingPolicy',
  },
  {
    sentence: 'stays with what can not be read',
    current: 'ClusterPolicy',
    served: { ...ALL, ClusterPolicy: 'unknown' },
    expected: 'ClusterPolicy',
  },
  {
    sentence: 'takes what it knows of where something better can not be read',
    served: { ...ALL, MutatingAdmissionPolicy: 'unknown' },
    expected: 'MutatingPolicy',
  },
  {
    sentence: 'waits for what can not be read where it knows of nothing',
    served: { MutatingPolicy: 'unknown' },
    expected: 'MutatingPolicy',
  },
  {
    sentence: 'takes none that the operator may not write',
    engines: ['ClusterPolicy', 'MutatingPolicy'],
    served: ALL,
    expected: 'MutatingPolicy',
  },
];

describe('engine Auto', () => {
  for (const { sentence, injected, current, engines = ENGINE_KINDS, served, expected } of CASES) {
    it(sentence, () => {
      const choice = chooseEngine({
        settings: injected === undefined ? {} : { injected },
        current,
        engines,
        served: byEngine((kind) => served[kind] ?? 'missing'),
      });
      expect(choice.engine).to.equal(expected);
    });
  }
});
