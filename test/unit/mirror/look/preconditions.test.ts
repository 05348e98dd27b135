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
    const harbors = { urlFor: ({ spec }: RegistryMirror) => spec.harbor?.url ?? HARBOR };
    const holds = holdsFor(owner, { policies, cluster, harbors });
    return holds({ kind: 'usedByNoOther', harborUrl: HARBOR, project: 'team' });
  }

  function serves(name: string, project: string): void {
    const entry = { mirror: name, pullPrefix: `harbor.test/${project}`, hosts: ['quay.io'], include: [], exclude: [] };
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
  const USERS: readonly [string, Parameters<typeof mirror>[1], boolean, string?][] = [
    ['names it in its spec', { spec: { project: { name: 'team' } } }, false],
    ['had it when its status was written', { status: reported(HARBOR) }, false],
    ['had one of that name in another Harbor', elsewhere, true],
    ['had it before it was moved to another Harbor', moved(HARBOR, 'team'), false],
    ['had another one here before it was moved to another Harbor', moved(HARBOR, 'other'), true],
    ['had one of that name in a third Harbor before it was moved', moved('https://third.test', 'team'), true],
    ['names another one', {}, true, 'user'],
    ['names another one by now, and is still served from this one', {}, false],
  ];
  for (const [what, written, goes, project = 'team'] of USERS) {
    it(`${goes ? 'goes' : 'stays'} where a mirror that serves ${what}`, () => {
      mirrors.observe(mirror('user', written));
      serves('user', project);
      expect(mayGo()).to.equal(goes);
    });
  }

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
