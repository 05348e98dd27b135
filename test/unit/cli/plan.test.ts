import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { MirrorPlan } from '../../../src/cli/plan/harbor-side.js';
import type { PlannedMirrors } from '../../../src/cli/plan/mirrors.js';
import { makePlan, planLines } from '../../../src/cli/plan/plan.js';
import type { Plan } from '../../../src/cli/plan/plan.js';
import type { PodRewrite } from '../../../src/cli/plan/pods.js';
import { mirrorsPerPolicyIn, policyChanges } from '../../../src/cli/plan/policies.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { UNCHANGED } from '../../../src/policies/state.js';
import { mirror } from './explained-mirrors.js';

const ALL = { ClusterPolicy: 'served', MutatingPolicy: 'served', MutatingAdmissionPolicy: 'served' } as const;
const LACKS_RIGHTS = { reason: 'PullSecretPermissionMissing', message: 'Turn features.pullSecrets on.' };

interface Case {
  readonly sentence: string;
  readonly conditions?: Parameters<typeof mirror>[2];
  readonly side?: Partial<MirrorPlan>;
  readonly changes?: PlannedMirrors['changes'];
  readonly expected: readonly string[];
}

const cases: readonly Case[] = [
  {
    sentence: 'names what the operator says of a mirror that it would find nothing wrong with itself',
    conditions: [LACKS_RIGHTS],
    expected: [
      'No changes.',
      'Problems:',
      '  team: The operator says (PullSecretPermissionMissing): Turn features.pullSecrets on.',
    ],
  },
  {
    sentence: 'names the problem that it finds itself, and that alone',
    conditions: [LACKS_RIGHTS],
    side: { problem: 'The host is taken.' },
    expected: ['No changes.', 'Problems:', '  team: The host is taken.'],
  },
  {
    sentence: 'leaves out what the operator says of a mirror that the files change',
    conditions: [LACKS_RIGHTS],
    changes: [{ action: 'update', mirror: 'team' }],
    expected: ['Cluster:', '  update RegistryMirror team'],
  },
  {
    sentence: 'has no problem with a mirror that is Ready',
    conditions: [{ status: 'True', reason: 'Succeeded' }],
    expected: ['No changes.'],
  },
];

describe('registry-mirror plan', () => {
  for (const { sentence, conditions = [], side = {}, changes = [], expected } of cases) {
    it(sentence, async () => {
      const team = mirror('team', { upstream: { type: 'docker-hub' } }, conditions);
      expect(await linesFor(team, side, changes)).to.deep.equal(expected);
    });
  }
});

describe('the Pods of a plan', () => {
  const pod = (name: string, mirror: string): PodRewrite => ({
    ...{ namespace: 'shop', pod: name, place: 'container', name: 'c', image: 'x' },
    ...{ rewritten: `h.test/${mirror}/x`, mirror },
  });
  const old = Array.from({ length: 20 }, (_, i) => pod(`old-${i}`, 'old'));
  const plan: Plan = {
    objects: [{ action: 'create', mirror: 'new' }],
    harbor: [],
    policies: [],
    pods: [...old, pod('web', 'new')],
  };

  it('begin with those of mirrors that the files change, each with its mirror', () => {
    const lines = planLines(plan, false);
    expect(lines.slice(3, 5)).to.deep.equal([
      '  shop/web container c: x -> h.test/new/x (mirror new)',
      '  shop/old-0 container c: x -> h.test/old/x (mirror old)',
    ]);
    expect(lines.at(-1)).to.equal('  and 1 more; --all shows them');
  });

  it('are all there if all are asked for', () => {
    expect(planLines(plan, true)).to.have.length(3 + 21);
  });
});

describe('how many mirrors share a policy, as registry-mirror plan sees it,', () => {
  const cases: readonly (readonly [PolicyEngine, number, number | undefined])[] = [
    ['ClusterPolicy', 100, undefined],
    ['ClusterPolicy', 101, 101],
    ['MutatingPolicy', 300, undefined],
    ['MutatingAdmissionPolicy', 1000, undefined],
  ];
  for (const [engine, count, expected] of cases) {
    it(`is ${expected ?? 'the default'} where a ${engine} has ${count}`, () => {
      const placed = Array.from({ length: count }, (_, i) => ({
        entry: { mirror: `m${i}`, hosts: [`r${i}.test`], pullPrefix: `h.test/m${i}`, include: [], exclude: [] },
        settings: { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' } as const,
      }));
      const policies = renderPolicies(placed, { excludedNamespaces: [], mirrorsPerPolicy: 1000 });
      expect(mirrorsPerPolicyIn(policies)).to.equal(expected);
      // What it would write with that is what there is.
      const options = { excludedNamespaces: [], mirrorsPerPolicy: expected };
      expect(policyChanges(placed, policies, options)).to.deep.equal([]);
    });
  }
});

async function linesFor(
  team: RegistryMirror,
  side: Partial<MirrorPlan>,
  changes: PlannedMirrors['changes'],
): Promise<readonly string[]> {
  const plan = await makePlan({
    planned: { mirrors: [team], changes },
    look: { policies: [], webhooks: undefined, served: ALL },
    pods: [],
    namespaces: new Map(),
    excludedNamespaces: [],
    mirrorsPerPolicy: 100,
    autoEngines: [],
    harborSide: () => Promise.resolve({ side: { mirror: 'team', actions: [], ...side }, decision: UNCHANGED }),
  });
  return planLines(plan, false);
}
