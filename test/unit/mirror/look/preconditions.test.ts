import { expect } from 'chai';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import { ObjectStore } from '../../../../src/kubernetes/cache/store.js';
import { holdsFor } from '../../../../src/mirror/look/preconditions.js';
import { namedProjects } from '../../../../src/mirror/named-projects.js';
import { LabPolicies } from '../lab-policies.js';
import { mirror } from '../mirror.js';

const HARBOR = 'https://harbor.test';
const OTHER_HARBOR = 'https://other.test';
const owner = mirror('team');

describe('a project that is to be deleted', () => {
  let policies: LabPolicies;
  let mirrors: ObjectStore<RegistryMirror>;

  beforeEach(() => {
    policies = new LabPolicies();
    mirrors = new ObjectStore<RegistryMirror>(() => undefined, { indexedBy: namedProjects });
    mirrors.observe(owner);
  });

  /** Whether it may go. */
  function mayGo(): boolean {
    const cluster = {
      mirror: (name: string) => mirrors.get(name),
      mirrorsNaming: (project: string) => mirrors.having(project),
    };
    const harbors = {
      urlFor: ({ spec }: RegistryMirror) => spec.harbor?.url ?? HARBOR,
      knownPullHost: (spec?: Pick<RegistryMirror['spec'], 'harbor'>) => new URL(spec?.harbor?.url ?? HARBOR).host,
    };
    const holds = holdsFor(owner, { policies, cluster, harbors });
    return holds({ kind: 'usedByNoOther', harborUrl: HARBOR, project: 'team' });
  }

  function serves(name: string, pullPrefix: string): void {
    const entry = { mirror: name, pullPrefix, hosts: ['quay.io'], include: [], exclude: [] };
    policies.decide(name, { kind: 'include', entry, settings: {} as never });
    policies.takeEffect();
  }

  const reported = (url: string): RegistryMirror['status'] => ({
    observedGeneration: 1,
    harbor: { url, projectName: 'team' },
  });
  const elsewhere = { spec: { harbor: { url: OTHER_HARBOR } }, status: reported(OTHER_HARBOR) };
  /** It has not reached the other Harbor yet, and Pods are still sent to this one. */
  const moved = (formerUrl: string, projectName: string): Parameters<typeof mirror>[1] => ({
    spec: { harbor: { url: OTHER_HARBOR } },
    status: { observedGeneration: 1, harbor: { url: OTHER_HARBOR }, formerHarbors: [{ url: formerUrl, projectName }] },
  });
  const HERE = 'harbor.test/team';
  const THERE = 'other.test/user';
  /** What is so, how the mirror is written, where its Pods are sent, and whether the project goes. */
  const USERS: readonly [string, Parameters<typeof mirror>[1], string, boolean][] = [
    ['names it in its spec', { spec: { project: { name: 'team' } } }, HERE, false],
    ['had it when its status was written', { status: reported(HARBOR) }, HERE, false],
    ['had one of that name in another Harbor', elsewhere, 'other.test/team', true],
    ['had it before it was moved to another Harbor', moved(HARBOR, 'team'), HERE, false],
    ['had it before it was moved to another Harbor, and is served from there', moved(HARBOR, 'team'), THERE, true],
    ['had another one here before it was moved', moved(HARBOR, 'other'), 'harbor.test/other', true],
    [
      'had another one here before it was moved, and is still served from this one',
      moved(HARBOR, 'other'),
      HERE,
      false,
    ],
    ['had one of that name in a third Harbor before it was moved', moved('https://third.test', 'team'), HERE, true],
    ['was moved before its status told where it was', { spec: { harbor: { url: OTHER_HARBOR } } }, HERE, false],
    ['names another one', {}, 'harbor.test/user', true],
    ['names another one by now, and is still served from this one', {}, HERE, false],
  ];
  for (const [what, written, pullPrefix, goes] of USERS) {
    it(`${goes ? 'goes' : 'stays'} where a mirror that serves ${what}`, () => {
      mirrors.observe(mirror('user', written));
      serves('user', pullPrefix);
      expect(mayGo()).to.equal(goes);
    });
  }

  it('stays where a policy sends Pods to it for a mirror whose object is gone', () => {
    serves('user', HERE);
    expect(mayGo()).to.equal(false);
    policies.decide('user', { kind: 'withdraw' });
    policies.takeEffect();
    expect(mayGo()).to.equal(true);
  });

  it('stays where the mirror that was moved is served from the other Harbor, and a replica may be behind', () => {
    mirrors.observe(mirror('user', moved(HARBOR, 'team')));
    serves('user', THERE);
    policies.outdatedMs = 1;
    expect(mayGo()).to.equal(false);
  });

  it('is looked for in none of thousands of mirrors that name others', () => {
    let asked = 0;
    for (let i = 0; i < 1000; i += 1) {
      const other = mirror(`mirror-${i}`);
      const { spec } = other;
      const counted = Object.defineProperty({ ...other }, 'spec', { get: () => (asked++, spec) });
      mirrors.observe(counted);
    }
    asked = 0;
    expect(mayGo()).to.equal(true);
    expect(asked).to.equal(0);
  });
});
