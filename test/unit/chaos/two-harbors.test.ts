import { expect } from 'chai';
import type { EndState } from '../../chaos/invariants/end-state.js';
import { noOrphans } from '../../chaos/invariants/no-orphans.js';
import { oneOfEach } from '../../chaos/invariants/one-of-each.js';
import { createFleet } from '../../chaos/story/fleet.js';
import { mirror } from '../mirror/mirror.js';

const NAME = 'chaos-001';
const URLS = { first: 'https://first', second: 'https://second' } as const;
const READY = { type: 'Ready', status: 'True', reason: 'Succeeded', message: '', lastTransitionTime: '' } as const;
const mark = { cluster: 'here', mirror: NAME, endpoint: 'created', project: 'created' } as const;
const endpoint = { harbor: 'second', id: 7, name: NAME, mark } as const;
const project = { harbor: 'second', name: NAME, registryId: 7, isPublic: true } as const;

/** A mirror that is Ready in the second Harbor, or says that it is in another. */
function moved(url: string = URLS.second): EndState['mirrors'] {
  const harbor = { url, projectName: NAME, projectID: 1, endpointID: 7 };
  const spec = { harbor: { url: URLS.second, credentialsSecretRef: { name: 'second' } } };
  return [mirror(NAME, { spec, status: { observedGeneration: 2, harbor, conditions: [READY] } })];
}

const end: EndState = {
  fleet: createFleet(2),
  steps: [],
  mirrors: moved(),
  policies: [],
  endpoints: [endpoint],
  projects: [project],
  pullSecrets: [],
  robots: [],
  namespace: 'team',
  urls: URLS,
  clusterId: 'here',
  pods: [],
  foreignChanges: [],
};

describe('what must hold after a chaos run with two Harbors', () => {
  const orphans = (more: Partial<EndState>): string => noOrphans.breaches({ ...end, ...more }).join();
  const doubts = (more: Partial<EndState>): string => oneOfEach.breaches({ ...end, ...more }).join();

  it('holds where a mirror that moved has one endpoint and one project in its new Harbor', () => {
    expect(orphans({})).to.equal('');
    expect(doubts({})).to.equal('');
  });

  it('is broken by an endpoint in the Harbor before, although one in the new Harbor has its number', () => {
    const before = { ...endpoint, harbor: 'first' } as const;
    expect(orphans({ endpoints: [endpoint, before] })).to.include('is left in the first Harbor');
  });

  it('is not broken by an endpoint in the Harbor before that the collector takes away', () => {
    const before = { ...endpoint, harbor: 'first', mark: { ...mark, deletion: 'Delete' } } as const;
    expect(orphans({ endpoints: [endpoint, before] })).to.equal('');
  });

  it('is broken by a mirror that is Ready in another Harbor than the one that it names', () => {
    expect(doubts({ mirrors: moved(URLS.first) })).to.include('is in https://first, and wants the second one');
  });

  it('is broken by an endpoint or a project that is in the other Harbor only', () => {
    expect(doubts({ endpoints: [{ ...endpoint, harbor: 'first' }] })).to.include('has not its mark');
    expect(doubts({ projects: [{ ...project, harbor: 'first' }] })).to.include('Harbor has no project');
  });

  it('is broken by a second endpoint of a mirror in the same Harbor, and not by one in the other', () => {
    const twin = { ...endpoint, id: 8, name: `${NAME}-0123456789` };
    expect(doubts({ endpoints: [endpoint, twin] })).to.include('has 2 endpoints');
    expect(doubts({ endpoints: [endpoint, { ...twin, harbor: 'first' }] })).to.equal('');
  });
});
