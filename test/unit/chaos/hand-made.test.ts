import { expect } from 'chai';
import { differences } from '../../chaos/stage/foreign.js';
import { foreignIn, plantIn } from '../../chaos/stage/foreign-in-harbor.js';
import type { EndState, SeenEndpoint } from '../../chaos/invariants/end-state.js';
import { noOrphans } from '../../chaos/invariants/no-orphans.js';
import { oneOfEach } from '../../chaos/invariants/one-of-each.js';
import { settled } from '../../chaos/invariants/settled.js';
import { createFleet, FOREIGN_PROJECT } from '../../chaos/story/fleet.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { asAdmin } from '../../support/world.js';
import { mirror } from '../mirror/mirror.js';
import { emptyEnd } from './empty-end.js';

const fleet = createFleet(12);
const [USER, ADOPTER] = ['chaos-005', 'chaos-010'] as const;
const [USED, ADOPTED] = ['somebodys-chaos-005', 'handmade-chaos-010'] as const;
const mark = { cluster: 'here', mirror: ADOPTER, endpoint: 'adopted', project: 'adopted' } as const;
const unmarked = { kind: 'EditEndpointByHand', mirror: ADOPTER, what: 'mark' } as const;
const end = emptyEnd(fleet);

/** A mirror that says so of itself, and serves from the endpoint 7. */
function saying(
  name: string,
  project: string,
  policy: string,
  type: 'Ready' | 'Stalled',
  reason = 'Succeeded',
): EndState {
  const harbor = { url: 'https://first', projectName: project, projectID: 1, endpointID: 7 };
  const conditions = [{ type, status: 'True', reason, message: '', lastTransitionTime: '' } as const];
  const spec = { project: { name: project }, adoptionPolicy: policy };
  const mirrors = [mirror(name, { spec, status: { observedGeneration: 2, harbor, conditions } })];
  return { ...end, mirrors, projects: [{ harbor: 'first', name: project, registryId: 7, isPublic: true }] };
}

describe('what must hold after a chaos run for what was there before it', () => {
  let harbor: HarborStandIn;
  let before: readonly string[];

  beforeEach(async () => {
    harbor = await startHarbor({ unmappedHealthy: true });
    await plantIn(harbor, fleet);
    before = foreignIn(harbor);
  });

  afterEach(async () => {
    await harbor.stop();
  });

  const changes = (): string => differences(before, foreignIn(harbor)).join('\n');

  it('is broken by any write to what a mirror only uses', async () => {
    expect(changes()).to.equal('');
    await asAdmin(harbor, 'PUT', `/registries/${harbor.endpoint(USED)?.id ?? 0}`, { description: 'marked' });
    expect(changes()).to.include('not so any more').and.include('"marked"');
  });

  it('is broken by a setting of a project that a mirror only uses', async () => {
    await asAdmin(harbor, 'PUT', `/projects/${harbor.project(USED)?.id ?? 0}`, { metadata: { auto_scan: 'true' } });
    expect(changes()).to.include('auto_scan');
  });

  it('is not broken by a mark or a setting of what a mirror takes over, and is by another url', async () => {
    const path = `/registries/${harbor.endpoint(ADOPTED)?.id ?? 0}`;
    await asAdmin(harbor, 'PUT', path, { description: 'marked' });
    await asAdmin(harbor, 'PUT', `/projects/${harbor.project(ADOPTED)?.id ?? 0}`, { metadata: { public: 'false' } });
    expect(changes()).to.equal('');
    await asAdmin(harbor, 'PUT', path, { url: 'https://elsewhere.example.org' });
    expect(changes()).to.include('https://elsewhere.example.org');
  });

  it('is broken where either is deleted, or made anew', async () => {
    for (const name of [USED, ADOPTED]) {
      await asAdmin(harbor, 'DELETE', `/projects/${harbor.project(name)?.id ?? 0}`);
      expect(changes()).to.include(`"name":"${name}"`);
      await asAdmin(harbor, 'POST', '/projects', { project_name: name, registry_id: harbor.endpoint(name)?.id });
      expect(changes()).to.include(`"name":"${name}"`);
    }
  });

  it('is not broken by what was adopted and stays, and is by what says so although it was created', () => {
    const adopted: SeenEndpoint = { harbor: 'first', id: 7, name: ADOPTED, mark };
    const orphans = (more: Partial<EndState>): string => noOrphans.breaches({ ...end, ...more }).join();
    expect(orphans({ endpoints: [adopted] })).to.equal('');
    expect(orphans({ endpoints: [{ ...adopted, mark: { ...mark, endpoint: 'created' } }] })).to.include('is left');
    const own = { ...adopted, name: ADOPTER };
    expect(orphans({ endpoints: [own] })).to.include('is left');
    expect(orphans({ endpoints: [own], steps: [unmarked] }), 'its mark was taken off it').to.equal('');
  });

  it('is not broken by an endpoint without a mark that a mirror uses, and is by one that it made', () => {
    const doubts = (project: string, policy: string, more: Partial<EndState> = {}): string =>
      oneOfEach
        .breaches({
          ...saying(policy === 'Use' ? USER : ADOPTER, project, policy, 'Ready'),
          endpoints: [{ harbor: 'first', id: 7, name: project, mark: undefined }],
          ...more,
        })
        .join();
    expect(doubts(USED, 'Use')).to.equal('');
    expect(doubts(USER, 'Use')).to.include('has not its mark');
    expect(doubts(USER, 'Use', { steps: [{ ...unmarked, mirror: USER }] })).to.equal('');
    expect(doubts(ADOPTED, 'Adopt')).to.include('has not its mark');
  });

  it('takes a project of another upstream for a reason to be stalled, in the words of the adoptionPolicy', () => {
    const told = (policy: string, reason: string): string =>
      settled.breaches(saying(ADOPTER, FOREIGN_PROJECT, policy, 'Stalled', reason)).join();
    expect(told('Use', 'UpstreamMismatch')).to.equal('');
    expect(told('Adopt', 'UpstreamChanged')).to.equal('');
    expect(told('Refuse', 'ProjectNotOurs')).to.equal('');
    expect(told('Refuse', 'UpstreamMismatch')).to.include('is stalled');
  });
});
