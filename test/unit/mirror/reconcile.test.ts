import { expect } from 'chai';
import { Lab, PULL_HOST, RETIRE_AFTER_MS } from './lab.js';

const QUAY = { upstream: { type: 'quay' } } as const;
const DELETE = { ...QUAY, deletionPolicy: 'Delete' } as const;
const named = (name: string, more: object = {}): object => ({ ...DELETE, project: { name }, ...more });

describe('a look at a mirror', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  const projects = (): readonly string[] =>
    lab.harbor
      .projects()
      .filter(({ registryId }) => registryId !== undefined)
      .map(({ name }) => name);

  describe('that is new', () => {
    it('makes its endpoint and project, then has it put into the policy, then says that it is Ready', async () => {
      lab.apply('quay', QUAY);
      await lab.look('quay');
      expect(lab.done).to.deep.equal([
        'create endpoint quay (docker-registry, https://quay.io)',
        'create proxy-cache project quay',
      ]);
      expect(lab.says('quay', 'Ready')).to.equal('False PolicyPending');
      lab.policies.takeEffect();
      await lab.look('quay');
      expect(lab.says('quay', 'Ready')).to.equal('True Succeeded');
      expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/quay`);
      expect(lab.events).to.have.length(1);
    });

    it('is waiting, and no success, until Harbor has answered for the first time', async () => {
      lab.apply('quay', QUAY);
      expect(await lab.lookAtOnce('quay')).to.deep.include({ isWaiting: true });
      await lab.look('quay');
      expect(await lab.lookAtOnce('quay')).to.not.have.property('isWaiting');
    });

    it('costs two writes to Harbor, and none once it is in sync', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      expect(lab.harbor.writes()).to.have.length(2);
      lab.harbor.resetCounts();
      const before = lab.statusWrites;
      await lab.look('quay');
      expect(lab.harbor.writes()).to.have.length(0);
      expect(lab.statusWrites).to.equal(before);
    });

    it('has nothing of a suspended one, and says what it would do', async () => {
      lab.apply('quay', { ...QUAY, suspend: true });
      await lab.look('quay');
      expect(lab.says('quay', 'Ready')).to.equal('False Suspended');
      expect([lab.harbor.writes(), lab.policies.has('quay')]).to.deep.equal([[], false]);
    });
  });

  describe('that gets another project', () => {
    beforeEach(async () => {
      lab.apply('quay', named('old'));
      await lab.untilReady('quay');
    });

    for (const [does, more] of [
      ['sends Pods to the old one until the new one is in force, and keeps the old one for a while after', {}],
      [
        'keeps the old one until the policy lets go and a while after, where it stops rewriting at the same time',
        { rewrite: { engine: 'None' } },
      ],
    ] as const) {
      it(does, async () => {
        lab.apply('quay', named('new', more));
        await lab.look('quay');
        lab.pass(2 * RETIRE_AFTER_MS);
        await lab.look('quay');
        expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/old`);
        expect(projects()).to.have.members(['old', 'new']);
        lab.policies.takeEffect();
        await lab.look('quay');
        lab.pass(RETIRE_AFTER_MS - 1);
        await lab.look('quay');
        expect(projects()).to.have.members(['old', 'new']);
        lab.pass(1);
        await lab.look('quay');
        expect(projects()).to.deep.equal(['new']);
      });
    }
  });

  describe('that is deleted', () => {
    it('leaves the policy first, then Harbor, and goes last', async () => {
      lab.apply('quay', DELETE);
      await lab.untilReady('quay');
      lab.delete('quay');
      await lab.look('quay');
      expect([projects(), lab.mirror('quay') !== undefined]).to.deep.equal([['quay'], true]);
      lab.policies.takeEffect();
      await lab.look('quay');
      expect([projects(), lab.mirror('quay')]).to.deep.equal([[], undefined]);
    });

    it('takes no call to Harbor where all is to stay', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      lab.delete('quay');
      await lab.look('quay');
      lab.policies.takeEffect();
      lab.harbor.resetCounts();
      await lab.look('quay');
      expect(lab.mirror('quay')).to.equal(undefined);
      expect(lab.harbor.writes()).to.deep.equal([]);
      expect(lab.events.at(-1)).to.include('Left in Harbor: project quay and its endpoint (Retain)');
    });

    it('is let go of at once where it is abandoned, also while the policies can’t be written, and says what may be left', async () => {
      lab.apply('quay', DELETE);
      await lab.untilReady('quay');
      lab.apply('quay', DELETE, { 'registrymirror.io/abandon': 'true' });
      lab.delete('quay');
      await lab.look('quay');
      expect(lab.mirror('quay')).to.equal(undefined);
      expect(projects()).to.deep.equal(['quay']);
      expect(lab.events.at(-1)).to.match(
        /^Warning Deleted: .*policy may still send Pods there.*project quay.*abandoned/,
      );
    });
  });

  describe('while its Harbor is down', () => {
    const untilDown = async (): Promise<void> => {
      await lab.harbor.down();
      await lab.untilHarbor('quay', 'down');
      await lab.look('quay');
      lab.policies.takeEffect();
      await lab.look('quay');
    };
    const untilUp = async (): Promise<void> => {
      await lab.harbor.up();
      await lab.untilHarbor('quay', 'up');
    };

    it('takes it out of the policy without waiting for a look, and leaves it there where it is told to', async () => {
      lab.apply('quay', QUAY);
      lab.apply('kept', {
        upstream: { type: 'docker-registry', url: 'https://kept.example.org' },
        rewrite: { onHarborUnavailable: 'Keep' },
      });
      await lab.untilReady('quay');
      await lab.untilReady('kept');
      lab.withdrawIfDown('quay');
      lab.policies.takeEffect();
      expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/quay`);
      await lab.harbor.down();
      await lab.untilHarbor('quay', 'down');
      for (const name of ['quay', 'kept']) lab.withdrawIfDown(name);
      lab.policies.takeEffect();
      expect(lab.policies.pullPrefix('quay')).to.equal(undefined);
      expect(lab.policies.pullPrefix('kept')).to.equal(`${PULL_HOST}/kept`);
    });

    it('takes it out of the policy, and puts it back when Harbor is up', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      await untilDown();
      expect(lab.policies.pullPrefix('quay')).to.equal(undefined);
      expect([lab.says('quay', 'Ready'), lab.says('quay', 'PolicyReady')]).to.deep.equal([
        'False HarborUnreachable',
        'False Withdrawn',
      ]);
      await untilUp();
      await lab.untilReady('quay');
      expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/quay`);
    });

    it('does not put it back where Harbor went down while its pull Secrets were seen to', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      lab.whileSettling = async () => {
        await lab.harbor.down();
        await lab.untilHarbor('quay', 'down');
        lab.withdrawIfDown('quay');
      };
      await lab.look('quay');
      lab.policies.takeEffect();
      expect(lab.policies.pullPrefix('quay')).to.equal(undefined);
      expect(lab.says('quay', 'Ready')).to.equal('False HarborUnreachable');
    });

    it('still says that another mirror has its host where Harbor went down while its pull Secrets were seen to', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      lab.apply('second', { ...QUAY, rewrite: { onHarborUnavailable: 'Keep' } });
      lab.whileSettling = async () => {
        await lab.harbor.down();
        await lab.untilHarbor('second', 'down');
      };
      await lab.look('second');
      expect(lab.says('second', 'Ready')).to.equal('False HostConflict');
    });

    it('takes it out only once it is known where Pods are sent', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      lab.policies.isKnown = false;
      await untilDown();
      expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/quay`);
      expect(lab.tells('quay', 'HarborReachable')).to.include("Where new Pods are sent isn't known");
      lab.policies.isKnown = true;
      await lab.look('quay');
      lab.policies.takeEffect();
      expect(lab.policies.pullPrefix('quay')).to.equal(undefined);
    });

    it('leaves it in the policy where it says Keep', async () => {
      lab.apply('quay', { ...QUAY, rewrite: { onHarborUnavailable: 'Keep' } });
      await lab.untilReady('quay');
      await untilDown();
      expect(lab.policies.pullPrefix('quay')).to.equal(`${PULL_HOST}/quay`);
    });

    it('puts a suspended one back that it took out', async () => {
      lab.apply('quay', QUAY);
      await lab.untilReady('quay');
      await untilDown();
      lab.apply('quay', { ...QUAY, suspend: true });
      await lab.look('quay');
      await untilUp();
      await lab.untilReady('quay');
    });

    it('does not put a suspended one in that was in no policy before', async () => {
      lab.apply('quay', { ...QUAY, rewrite: { engine: 'None' } });
      await lab.look('quay');
      lab.apply('quay', { ...QUAY, suspend: true });
      await lab.look('quay');
      await untilDown();
      await untilUp();
      await lab.look('quay');
      await lab.look('quay');
      expect(lab.policies.has('quay')).to.equal(false);
    });
  });

  it('takes Pods off a project that was deleted by hand while it can’t make it again', async () => {
    lab.apply('quay', QUAY);
    await lab.untilReady('quay');
    const project = lab.harbor.project('quay');
    lab.harbor.state.projects.delete(project?.id ?? 0);
    lab.harbor.inject(
      ({ method, path }) => method === 'POST' && path.endsWith('/projects'),
      { kind: 'answer', status: 403 },
      Infinity,
    );
    lab.apply('quay', QUAY, { 'registrymirror.io/requestedAt': 'now' });
    await lab.look('quay');
    lab.policies.takeEffect();
    expect(lab.policies.pullPrefix('quay')).to.equal(undefined);
  });

  it('does not read Harbor’s lists anew at each look at a mirror that waits for the user', async () => {
    lab.apply('quay', QUAY);
    await lab.untilReady('quay');
    lab.apply('second', {
      upstream: { type: 'docker-registry', url: 'https://r.example.org' },
      project: { name: 'quay' },
    });
    await lab.look('second');
    expect(lab.says('second', 'Stalled')).to.equal('True ProjectNotOurs');
    lab.harbor.resetCounts();
    for (let i = 0; i < 5; i += 1) {
      lab.pass(6000);
      await lab.look('second');
    }
    expect(lab.harbor.reads().filter(({ path }) => path.endsWith('/registries'))).to.deep.equal([]);
  });

  it('takes no host from a mirror while it is not known which of two serves, and says so', async () => {
    lab.apply('b', QUAY);
    await lab.untilReady('b');
    lab.apply('a', QUAY);
    lab.policies.isKnown = false;
    await lab.look('b');
    expect(lab.says('b', 'Ready')).to.equal('False PolicyUnknown');
    lab.policies.isKnown = true;
    lab.policies.takeEffect();
    expect(lab.policies.pullPrefix('b')).to.equal(`${PULL_HOST}/b`);
    await lab.look('b');
    expect(lab.says('b', 'Ready')).to.equal('True Succeeded');
    await lab.look('a');
    expect(lab.says('a', 'Ready')).to.equal('False HostConflict');
  });

  it('stalls the mirror that brings a conflict, and says who has the host', async () => {
    lab.apply('a', QUAY);
    await lab.untilReady('a');
    lab.apply('b', QUAY);
    await lab.look('b');
    expect(lab.says('b', 'Stalled')).to.equal('True HostConflict');
    expect(lab.says('a', 'Ready')).to.equal('True Succeeded');
  });
});
