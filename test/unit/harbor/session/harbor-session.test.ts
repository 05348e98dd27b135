import { expect } from 'chai';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborSession } from '../../../../src/harbor/session/harbor-session.js';
import { eventually } from '../../../support/wait.js';
import { FakeHarbor, harborError, startSession } from './fake-harbor.js';

const FAST = { intervalMs: 1 };

async function untilAvailability(session: HarborSession, kind: string): Promise<void> {
  await eventually(() => {
    expect(session.facts.availability.kind).to.equal(kind);
  }, FAST);
}

describe('the session of a Harbor', () => {
  let harbor: FakeHarbor;
  let session: HarborSession | undefined;

  beforeEach(() => {
    harbor = new FakeHarbor();
  });

  afterEach(async () => {
    await session?.stop();
    session = undefined;
  });

  function start(
    options: Parameters<typeof startSession>[1] = {},
  ): ReturnType<typeof startSession> & { session: HarborSession } {
    const started = startSession(harbor, options);
    session = started.session;
    return started;
  }

  it('knows nothing before Harbor has answered, and then where nodes pull from', async () => {
    const { session: started, changes } = start();
    expect(started.facts).to.deep.include({ availability: { kind: 'unknown' }, pullHost: { kind: 'unknown' } });
    await started.checkedOnce;
    expect(started.facts).to.deep.include({
      availability: { kind: 'up' },
      pullHost: { kind: 'known', host: 'pull.example.org' },
      version: 'v2.15.2',
    });
    expect(changes).to.deep.equal(['opened']);
  });

  it('does not take the answer to a refused login for a Harbor that does not say where nodes pull from', async () => {
    harbor.fails.access = harborError('unauthorized');
    harbor.version = undefined;
    harbor.externalUrl = undefined;
    const { session: started } = start();
    await started.checkedOnce;
    expect(started.facts.availability.kind).to.equal('loginRefused');
    expect(started.facts.pullHost).to.deep.equal({ kind: 'unknown' });
  });

  it('says so where Harbor takes the login and does not say where nodes pull from', async () => {
    harbor.externalUrl = undefined;
    const { session: started } = start();
    await started.checkedOnce;
    expect(started.facts.pullHost).to.deep.equal({ kind: 'unsaid' });
  });

  it('is up although where nodes pull from can not be read', async () => {
    harbor.fails.info = harborError('serverError', 'broken');
    const { session: started } = start();
    await started.checkedOnce;
    expect(started.facts.availability.kind).to.equal('up');
    expect(started.facts.pullHost).to.have.property('problem').that.includes('broken');
    harbor.fails.info = undefined;
    await eventually(() => {
      expect(started.facts.pullHost.kind).to.equal('known');
    }, FAST);
  });

  it('reads anew what Harbor holds after an outage: it may have come back from a backup', async () => {
    const { session: started } = start();
    await untilAvailability(started, 'up');
    await started.inventory.view({ maxAgeMs: Infinity });
    const before = harbor.counts.projectLists;
    harbor.fails.health = harborError('unreachable');
    await untilAvailability(started, 'down');
    harbor.fails.health = undefined;
    await untilAvailability(started, 'up');
    await started.inventory.view({ maxAgeMs: Infinity });
    expect(harbor.counts.projectLists).to.equal(before + 1);
  });

  it('has what was left behind tidied up at each sweep, and goes on where that fails', async () => {
    let now = 0;
    const swept: HarborSession[] = [];
    const bug = new TypeError('a bug');
    const { session: started, bugs } = start({
      now: () => (now += 30_000),
      onSweep: async (one) => {
        swept.push(one);
        await Promise.reject(bug);
      },
    });
    await eventually(() => {
      expect(swept.length).to.be.greaterThan(1);
      expect(bugs).to.include(bug);
    }, FAST);
    expect(new Set(swept)).to.deep.equal(new Set([started]));
  });

  it('gives a list up that Harbor does not answer when it ends', async () => {
    harbor.hangs = true;
    const { session: started } = start();
    await untilAvailability(started, 'up');
    const view = started.inventory.view({ maxAgeMs: Infinity }).catch((error: unknown) => error);
    await started.stop();
    expect(await view)
      .to.be.instanceOf(HarborError)
      .and.have.property('kind', 'aborted');
  });

  it('goes on after a bug, and tells of it', async () => {
    const bug = new TypeError('a bug');
    harbor.fails.health = bug;
    const { session: started, bugs } = start({ bugPauseMs: 1 });
    await eventually(() => {
      expect(bugs).to.include(bug);
    }, FAST);
    harbor.fails.health = undefined;
    await untilAvailability(started, 'up');
  });

  it('goes on checking while a look at all that is there hangs, or fails by a bug', async () => {
    const { session: started, bugs } = start({
      findMissingPermissions: () => Promise.reject(new TypeError('a bug')),
    });
    await untilAvailability(started, 'up');
    const { checks } = harbor.counts;
    await eventually(() => {
      expect(bugs).to.have.length.greaterThan(1);
      expect(harbor.counts.checks).to.be.greaterThan(checks + 1);
    }, FAST);
  });

  it('tells of a change once, and not of another message', async () => {
    const { session: started, changes } = start();
    await untilAvailability(started, 'up');
    harbor.fails.health = harborError('unreachable', 'first');
    await untilAvailability(started, 'down');
    harbor.fails.health = harborError('unreachable', 'second');
    await eventually(() => {
      expect(started.facts.availability).to.have.property('message').that.includes('second');
    }, FAST);
    expect(changes).to.deep.equal(['opened', 'availability']);
  });
});
