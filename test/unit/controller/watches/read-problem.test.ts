import { expect } from 'chai';
import { ReadProblem } from '../../../../src/controller/watches/read-problem.js';
import { KubernetesError } from '../../../../src/kubernetes/errors.js';

const absent = new KubernetesError('notFound', 'GET /x: HTTP 404', 404);
const away = new KubernetesError('unavailable', 'GET /x: ECONNREFUSED');
const forbidden = new KubernetesError('forbidden', 'GET /x: forbidden', 403);
const IN_USE = { hasSynced: true, isInUse: true };
const UNUSED = { hasSynced: true, isInUse: false };
const UNREAD = { hasSynced: false, isInUse: false };

describe('what keeps a kind of policy from being read', () => {
  let now = 0;
  let problem: ReadProblem;

  beforeEach(() => {
    now = 1_000;
    problem = new ReadProblem(() => now);
  });

  for (const [what, soFar] of [
    ['that was never read', UNREAD],
    ['in which there is nothing of ours', UNUSED],
  ] as const) {
    it(`is that the API server lacks it, as soon as it says so of a kind ${what}`, () => {
      problem.note(absent, soFar);
      expect(problem.knowledge).to.deep.equal({ kind: 'missing' });
    });
  }

  it('is nothing at first where the kind was never read, and a mirror says that it is in a policy of it', () => {
    problem.note(absent, { hasSynced: false, isInUse: true });
    expect(problem.knowledge).to.equal(undefined);
    now += 5_000;
    problem.note(absent, { hasSynced: false, isInUse: true });
    expect(problem.knowledge).to.deep.equal({ kind: 'missing' });
  });

  it('is nothing while the API server says for a moment that it lacks a kind that is in use', () => {
    problem.note(absent, IN_USE);
    now += 4_999;
    problem.note(absent, IN_USE);
    expect(problem.knowledge).to.equal(undefined);
    problem.clear();
    now += 60_000;
    problem.note(absent, IN_USE);
    expect(problem.knowledge).to.equal(undefined);
  });

  it('is that it lacks a kind that is in use once it has said nothing else for some seconds', () => {
    problem.note(absent, IN_USE);
    now += 5_000;
    problem.note(absent, IN_USE);
    expect(problem.knowledge).to.deep.equal({ kind: 'missing' });
    problem.clear();
    expect(problem.knowledge).to.equal(undefined);
  });

  it('does not count the time in which the API server was away', () => {
    problem.note(absent, IN_USE);
    problem.note(away, IN_USE);
    now += 60_000;
    problem.note(absent, IN_USE);
    expect(problem.knowledge).to.equal(undefined);
  });

  it('is that the operator may not read it, at once; an outage only where it was never read', () => {
    problem.note(away, IN_USE);
    expect(problem.knowledge).to.equal(undefined);
    problem.note(away, UNREAD);
    expect(problem.knowledge).to.have.property('kind', 'unreadable');
    problem.clear();
    problem.note(forbidden, IN_USE);
    expect(problem.knowledge).to.deep.equal({ kind: 'unreadable', message: 'GET /x: forbidden' });
  });
});
