import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { noLeftRobots } from '../../chaos/invariants/no-left-robots.js';
import { noOrphans } from '../../chaos/invariants/no-orphans.js';
import type { EndState } from '../../chaos/invariants/end-state.js';
import { podNames } from '../../chaos/invariants/pod-names.js';
import { policiesListThoseThatServe } from '../../chaos/invariants/policies.js';
import { pullable } from '../../chaos/invariants/pullable.js';
import {
  lockedOut,
  refusedWithoutReason,
  sentAstray,
  sentToNoProject,
} from '../../chaos/invariants/pods-of-the-run.js';
import { endedForNoReason, memoryExceeded, secretsTold, wroteAfterItsTime } from '../../chaos/invariants/process.js';
import { tellsThatItStays, whosePulls } from '../../chaos/invariants/seen-robots.js';
import { UNMIRRORED } from '../../chaos/stage/pods.js';
import type { PodRecord } from '../../chaos/stage/pods.js';
import { pullSecretName } from '../../../src/engines/pull-secret.js';
import { newPullRobot } from '../../../src/robots/pull-robot.js';
import { mirror } from '../mirror/mirror.js';
import { createFleet } from '../../chaos/story/fleet.js';
import { emptyEnd } from './empty-end.js';

const fleet = createFleet(2);
const empty = emptyEnd(fleet);
const mark = { cluster: 'here', mirror: 'chaos-001', endpoint: 'created', project: 'created' } as const;
const READY = {
  type: 'Ready',
  status: 'True',
  reason: 'Succeeded',
  lastTransitionTime: '2026-01-01T00:00:00Z',
} as const;
const project = { harbor: 'first', name: 'chaos-001', registryId: 7, isPublic: true } as const;
const entry = {
  mirror: 'chaos-001',
  hosts: ['chaos-001.example.org'],
  pullPrefix: 'harbor.cache.test/chaos-001',
  include: [],
  exclude: [],
};
const pod: PodRecord = {
  image: 'chaos-001.example.org/a:1',
  result: undefined,
  refusal: undefined,
  outages: new Set(),
  project: undefined,
  secrets: [],
  isLockedOut: false,
  at: 0,
  tookMs: 0,
};

describe('what must hold after a chaos run', () => {
  it('is broken by an endpoint that is left of a mirror with deletionPolicy Delete', () => {
    const left = noOrphans.breaches({ ...empty, endpoints: [{ harbor: 'first', id: 7, name: 'chaos-001', mark }] });
    expect(left.join()).to.include('endpoint chaos-001 (7) is left in the first Harbor of chaos-001');
  });

  it('is not broken by one that the collector takes away, nor by what Retain leaves', () => {
    const collected = { harbor: 'first', id: 7, name: 'chaos-001', mark: { ...mark, deletion: 'Delete' } } as const;
    const retained = { harbor: 'first', id: 8, name: 'chaos-000-b', mark: { ...mark, mirror: 'chaos-000' } } as const;
    expect(noOrphans.breaches({ ...empty, endpoints: [collected, retained] })).to.deep.equal([]);
  });

  it('is broken by a project that is left', () => {
    const left = noOrphans.breaches({ ...empty, projects: [{ ...project, name: 'chaos-001-b' }] });
    expect(left.join()).to.include('project chaos-001-b is left');
  });

  it('is broken by a project that is left in a Harbor that its mirror has moved away from', () => {
    const harbor = { url: 'https://second', projectName: 'chaos-001', projectID: 1, endpointID: 7 };
    const moved = mirror('chaos-001', { spec: {}, status: { observedGeneration: 2, harbor } });
    const there = { ...project, harbor: 'second' } as const;
    expect(noOrphans.breaches({ ...empty, mirrors: [moved], projects: [there] })).to.deep.equal([]);
    expect(noOrphans.breaches({ ...empty, mirrors: [moved], projects: [there, project] })).to.have.length(1);
  });

  it('is broken by a Pod that gets another image than the policies say', () => {
    const policies = [
      { kind: 'ClusterPolicy', name: 'registry-mirrors', entries: [entry], isLabelled: true, isAsRendered: true },
    ] as const;
    const pods = [
      { image: 'chaos-001.example.org/a:1', result: 'chaos-001.example.org/a:1', refusal: undefined, secrets: [] },
    ];
    expect(podNames.breaches({ ...empty, policies, pods }).join()).to.include(
      'should get harbor.cache.test/chaos-001/a:1',
    );
  });

  it('is broken by a refused Pod, but for one with a mirrored image while Kyverno was away', () => {
    const refused = { ...pod, refusal: '500 failed calling webhook' };
    const away = { ...refused, outages: new Set(['Kyverno'] as const) };
    expect(refusedWithoutReason([refused])).to.have.length(1);
    expect(refusedWithoutReason([away])).to.deep.equal([]);
    expect(refusedWithoutReason([{ ...away, image: UNMIRRORED }])).to.have.length(1);
  });

  it('is broken by a Pod that was sent to a project that was not there, but for one that somebody deleted by hand', () => {
    const sent = { ...pod, result: 'harbor.cache.test/chaos-001/a:1' };
    expect(sentToNoProject([{ ...sent, project: 'deleted by the operator' }])).to.have.length(1);
    expect(sentToNoProject([{ ...sent, project: 'never there' }])).to.have.length(1);
    expect(sentToNoProject([{ ...sent, project: 'deleted by hand' }])).to.deep.equal([]);
  });

  it('is broken by a Pod that was sent to another mirror’s project', () => {
    expect(sentAstray([{ ...pod, result: 'harbor.cache.test/chaos-000/a:1' }], fleet)).to.have.length(1);
    expect(sentAstray([{ ...pod, result: 'harbor.cache.test/chaos-001-b/a:1' }], fleet)).to.deep.equal([]);
  });

  it('is broken by a Pod that could not pull, but for one that a policy edited by hand let through', () => {
    const lockedOutPod = { ...pod, isLockedOut: true };
    expect(lockedOut([lockedOutPod])).to.have.length(1);
    expect(lockedOut([{ ...lockedOutPod, outages: new Set(['policy edited by hand'] as const) }])).to.deep.equal([]);
  });

  it('is broken by a private project whose Secret is missing, does not work, or is nobody’s any more', () => {
    const pullPrefix = 'harbor.cache.test/chaos-001';
    const conditions = [{ ...READY, message: '' }];
    const spec = { rewrite: { pullSecret: 'Inject' } };
    const mirrors = [mirror('chaos-001', { spec, status: { observedGeneration: 2, pullPrefix, conditions } })];
    const secret = { namespace: 'team', mirror: 'chaos-001', pullPrefix, works: true };
    const told = (end: Partial<EndState>): string => pullable.breaches({ ...empty, ...end }).join();
    expect(told({ mirrors, pullSecrets: [secret] })).to.equal('');
    expect(told({ mirrors })).to.include('team has no Secret');
    expect(told({ mirrors, pullSecrets: [{ ...secret, works: false }] })).to.include('does not know');
    expect(told({ pullSecrets: [secret] })).to.include('is left in team');
  });

  it('is broken by a robot account of a mirror that is gone, unless it was said that it stays', () => {
    const robot = { harbor: 'first', name: 'chaos-001+a', mirror: 'chaos-001', isTold: false } as const;
    const told = (end: Partial<EndState>): string => noLeftRobots.breaches({ ...empty, ...end }).join();
    expect(told({ robots: [robot] })).to.include('chaos-001+a is left in the first Harbor of chaos-001');
    expect(told({ robots: [robot], mirrors: [mirror('chaos-001')] })).to.equal('');
    expect(told({ robots: [{ ...robot, isTold: true }] })).to.equal('');
  });

  it('knows whose Pods pull with a robot account by what the operator writes into it', () => {
    const identity = { clusterId: 'here', mirror: 'chaos-001', pullPrefix: 'cache.test:8443/chaos-001' };
    expect(whosePulls(newPullRobot('robot', 'chaos-001', identity).description)).to.deep.equal(identity);
    expect(whosePulls('of a person')).to.equal(undefined);
  });

  it('takes a robot account for told of by its own pull prefix, in the words of a deletion or of an edit', () => {
    const lines = [
      'Left in Harbor: a robot account for pulling from cache.test/a (it expires within 30 days).',
      'The robot account for cache.test/a could not be deleted; it expires within 30 days.',
    ];
    for (const line of lines) expect(tellsThatItStays(line, 'cache.test/a'), line).to.equal(true);
    for (const line of lines) expect(tellsThatItStays(line, 'cache.test/ab'), line).to.equal(false);
    for (const line of lines)
      expect(tellsThatItStays(line.replace('test/a', 'test/ab'), 'cache.test/a')).to.equal(false);
  });

  it('is broken by a Pod that is sent to a private project without the Secret for it', () => {
    const result = 'harbor.cache.test/chaos-001/a:1';
    const pods = [{ image: 'chaos-001.example.org/a:1', result, refusal: undefined, secrets: [] }];
    const projects = [{ ...project, isPublic: false }];
    expect(pullable.breaches({ ...empty, pods, projects }).join()).to.include('without its Secret');
    const secrets = [pullSecretName({ mirror: 'chaos-001', pullPrefix: 'harbor.cache.test/chaos-001' })];
    const [own] = pods;
    expect(pullable.breaches({ ...empty, pods: own === undefined ? [] : [{ ...own, secrets }], projects })).to.be.empty;
  });

  it('is not broken by a project that a hand made private after the mark of its mirror was erased', () => {
    const pullPrefix = 'harbor.cache.test/chaos-001';
    const pods = [{ image: 'chaos-001.example.org/a:1', result: `${pullPrefix}/a:1`, refusal: undefined, secrets: [] }];
    const stalled = { ...READY, type: 'Stalled', reason: 'MarkMissing', message: '' } as const;
    const mirrors = [mirror('chaos-001', { status: { observedGeneration: 2, pullPrefix, conditions: [stalled] } })];
    const end = { ...empty, mirrors, pods, projects: [{ ...project, isPublic: false }] };
    const erased = { kind: 'EditEndpointByHand', mirror: 'chaos-001', what: 'mark' } as const;
    expect(pullable.breaches(end)).to.have.length(1);
    expect(pullable.breaches({ ...end, steps: [erased] })).to.deep.equal([]);
  });

  it('is broken by a password in an output, in Base64 as well', () => {
    const outputs = ['a pass-word-1 b', Buffer.from('pass-word-1').toString('base64')];
    const told = outputs.flatMap((text) => secretsTold([{ where: 'a log', text }], ['pass-word-1']));
    expect(told).to.have.length(2);
  });

  it('is broken by a Basic login, and by a plain hash of a password', () => {
    const basic = ['a', 'ab', 'abc'].map((user) => Buffer.from(`${user}:pass-word-1`).toString('base64'));
    const hash = createHash('sha256').update('pass-word-1').digest('hex');
    for (const text of [...basic, hash])
      expect(secretsTold([{ where: 'a log', text }], ['pass-word-1']), text).to.have.length(1);
    expect(secretsTold([{ where: 'a log', text: 'cGFzcy13b3Jk' }], ['pass-word-1'])).to.deep.equal([]);
  });

  it('is broken by a policy that a hand has changed', () => {
    const policy = { kind: 'ClusterPolicy', name: 'registry-mirrors', isLabelled: true, entries: [entry] } as const;
    const told = (isAsRendered: boolean): string =>
      policiesListThoseThatServe
        .breaches({ ...empty, mirrors: [mirror('chaos-001')], policies: [{ ...policy, isAsRendered }] })
        .join();
    expect(told(false)).to.include('does not do what its annotations say');
    expect(told(true)).to.equal('');
  });

  it('is broken by a leader that writes after the next one has begun', () => {
    const [first, second] = [
      { replica: 'replica-0', what: 'POST /projects' },
      { replica: 'replica-1', what: 'PUT /projects/1' },
    ];
    expect(wroteAfterItsTime([first, first, second, second])).to.deep.equal([]);
    expect(wroteAfterItsTime([first, second, first]).join()).to.include(
      'replica-0 wrote POST /projects after replica-1',
    );
  });

  it('is broken by too much memory, and by an operator that ends with its lease', () => {
    expect(memoryExceeded(193)).to.have.length(1);
    expect(endedForNoReason([{ replica: 'a', code: 1, lastWords: 'The operator could not start.' }])).to.have.length(1);
    expect(endedForNoReason([{ replica: 'a', code: 1, lastWords: 'The leader lease is lost; ending.' }])).to.deep.equal(
      [],
    );
  });
});
