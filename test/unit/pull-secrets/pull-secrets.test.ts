import { expect } from 'chai';
import type { RegistryMirrorStatus } from '../../../src/api/registry-mirror.js';
import { HarborError } from '../../../src/harbor/http/errors.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { HarborLookResult } from '../../../src/mirror/look/look-result.js';
import type { Secret } from '../../../src/credentials/secrets.js';
import {
  injecting,
  inOrder,
  namespace,
  OWN_NAMESPACE,
  PREFIX,
  PullWorld,
  refused,
  RETIRE_AFTER_MS,
} from './pull-world.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const USER = /^robot\$team\+registry-mirror-[0-9a-f]{10}-a$/;
const OTHER = 'harbor.test/team-two';

describe('pull Secrets', () => {
  let world: PullWorld;
  beforeEach(() => {
    world = new PullWorld();
  });

  const settle = async (look?: HarborLookResult): Promise<HarborLookResult> => world.settle(look);
  const said = (look: HarborLookResult): string => world.said(look);
  const provide = async (): Promise<void> => world.provide();
  const deleted = (status: Partial<RegistryMirrorStatus> = {}): void => {
    world.present = injecting({}, { metadata: { deletionTimestamp: '2026-11-24T12:00:00Z' }, status });
    world.rests();
  };

  describe('of a mirror that serves privately', () => {
    it('are there before it is let into the policy', async () => {
      expect(said(await settle())).to.equal('ready, include');
      expect(world.done()).to.deep.equal(['list', 'create -a', 'keep', 'CreateCopy a', 'CreateCopy b']);
      expect(Object.values(world.users())).to.have.length(3);
      for (const user of Object.values(world.users())) expect(user).to.match(USER);
    });

    it('cost nothing once they are there', async () => {
      await provide();
      expect(said(await settle())).to.equal('ready, include');
      expect(world.done()).to.deep.equal([]);
    });

    it('ask Harbor once an hour, or when a look is asked for', async () => {
      await provide();
      world.pass(61 * MINUTE_MS);
      await settle();
      expect(world.done()).to.deep.equal(['list']);
      world.present = injecting({}, { metadata: { annotations: { 'registrymirror.io/requestedAt': 'now' } } });
      await settle();
      expect(world.done()).to.deep.equal(['list']);
    });

    it('follow namespaces that come, go and opt out', async () => {
      await provide();
      world.spaces = [namespace('b', { 'registrymirror.io/rewrite': 'disabled' }), namespace('c')];
      await settle();
      expect(world.done()).to.have.members(['CreateCopy c', 'DeleteCopy a', 'DeleteCopy b']);
      expect(world.spread()).to.deep.equal(['c']);
    });

    it('change robots when a third of the life is left, and take the old one away ten minutes later', async () => {
      await provide();
      world.harbor.expireIn(10);
      world.pass(61 * MINUTE_MS);
      await settle();
      expect(world.done()).to.deep.equal([...['list', 'create -b', 'keep'], ...['UpdateCopy a', 'UpdateCopy b']]);
      expect(world.harbor.names()).to.deep.equal(['-a', '-b']);
      world.pass(61 * MINUTE_MS);
      await settle();
      expect(world.harbor.names()).to.deep.equal(['-b']);
    });

    it('are made anew where nobody has the secret any more', async () => {
      await provide();
      world.secrets.clear();
      await settle();
      expect(world.done()).to.deep.equal([
        ...['list', 'delete -a', 'create -a', 'keep'],
        ...['CreateCopy a', 'CreateCopy b'],
      ]);
    });

    it('stop where both names of robots are somebody else’s', async () => {
      await provide();
      world.harbor.robots = world.harbor.robots.flatMap((robot) => [
        { ...robot, description: 'by hand' },
        { ...robot, id: 99, name: robot.name.replace(/a$/, 'b'), description: 'by hand' },
      ]);
      world.secrets.clear();
      expect(said(await settle())).to.equal('stalled PullSecretConflict, unchanged');
    });

    it('say that somebody else’s Secret has their name, and make no robot as long as it has', async () => {
      await provide();
      const own = [...world.secrets].find(([key]) => key.startsWith(OWN_NAMESPACE));
      const [key = '', secret] = own ?? [];
      if (secret === undefined) throw new Error('There is no pull Secret.');
      const foreign: Secret = { metadata: { name: secret.metadata.name, namespace: OWN_NAMESPACE }, data: {} };
      world.secrets.set(key, foreign);
      for (const look of [await settle(), await settle()]) {
        expect(said(look)).to.equal('stalled PullSecretConflict, unchanged');
        expect(look.verdict).to.have.property('message').that.includes(key);
        expect(look.lookAgainMs).to.equal(MINUTE_MS);
      }
      expect(world.done(), 'calls and writes').to.deep.equal([]);
      expect(world.spread(), 'what Pods pull with').to.deep.equal(['a', 'b']);
      world.secrets.delete(key);
      expect(said(await settle())).to.equal('ready, include');
    });

    it('leave in the policy what Harbor fails for, and say what it said', async () => {
      await provide();
      world.pass(61 * MINUTE_MS);
      world.harbor.failure = 'serverError';
      expect(said(await settle())).to.equal('waiting HarborError, unchanged');
      expect(world.spread()).to.deep.equal(['a', 'b']);
    });

    it('are not looked for in Harbor while the mirror’s Harbor side is not in order', async () => {
      await provide();
      const look: HarborLookResult = {
        verdict: { kind: 'waiting', reason: 'HarborUnreachable', message: 'down' },
        pulls: { harbor: 'down', upstream: 'unknown', servedProject: 'unknown', canPull: true },
        heldBack: [],
      };
      world.secrets.delete([...world.secrets.keys()].find((key) => key.startsWith('a/')) ?? '');
      expect(said(await settle(look))).to.equal('waiting HarborUnreachable, withdraw');
      expect(world.done()).to.deep.equal(['CreateCopy a']);
    });

    it('are not made for a suspended mirror that is in no policy', async () => {
      world.present = injecting({}, { spec: { suspend: true } });
      expect(said(await settle())).to.equal('ready, unchanged');
      expect(world.done()).to.deep.equal([]);
    });
  });

  describe('without the rights for them', () => {
    it('stall the mirror, and make no robot', async () => {
      world.grant = 'forbidden';
      expect(said(await settle())).to.equal('stalled PullSecretPermissionMissing, unchanged');
      expect(world.done()).to.deep.equal([]);
    });

    it('wait while the namespaces are read', async () => {
      world.grant = 'starting';
      expect(said(await settle())).to.equal('waiting Progressing, unchanged');
    });

    it('wait where only the writes are refused', async () => {
      world.refuse = refused('forbidden');
      expect(said(await settle())).to.equal('waiting PullSecretPermissionMissing, unchanged');
    });
  });

  it('watch nothing any more for a mirror that asked for them without the rights, and doesn’t now', async () => {
    world.grant = 'forbidden';
    await settle();
    expect(world.isWatched).to.equal(true);
    world.present = injecting({ pullSecret: 'None' });
    await settle();
    expect(world.isWatched).to.equal(false);
  });

  it('watch nothing any more for such a mirror that is deleted', async () => {
    world.grant = 'forbidden';
    await settle();
    deleted();
    await world.room.release(world.present, 'nothing');
    expect(world.isWatched).to.equal(false);
  });

  describe('that are not needed any more', () => {
    it('stay as long as a policy names them, and a while longer', async () => {
      await provide();
      world.present = injecting({ pullSecret: 'None' }, { spec: { project: { public: true } } });
      expect((await settle()).lookAgainMs).to.equal(2000);
      world.rests();
      expect((await settle()).lookAgainMs).to.equal(RETIRE_AFTER_MS);
      world.pass(RETIRE_AFTER_MS - 1000);
      expect((await settle()).lookAgainMs).to.equal(1000);
      expect(world.spread()).to.deep.equal(['a', 'b']);
      world.pass(1000);
      expect((await settle()).lookAgainMs).to.equal(undefined);
      expect([...world.secrets.keys()]).to.deep.equal([]);
      expect(world.harbor.names()).to.deep.equal([]);
      expect(world.isWatched).to.equal(false);
    });

    it('stay while it is not known what the policies name', async () => {
      await provide();
      world.present = injecting({ pullSecret: 'None' }, { spec: { project: { public: true } } });
      world.rests();
      world.policies.known = false;
      await settle();
      world.pass(2 * RETIRE_AFTER_MS);
      expect((await settle()).lookAgainMs).to.equal(2000);
      expect(world.spread()).to.deep.equal(['a', 'b']);
    });

    it('are two in each namespace while the mirror moves to another project', async () => {
      await provide();
      expect(said(await settle(inOrder(OTHER)))).to.equal('ready, include');
      expect(world.spread()).to.deep.equal(['a', 'a', 'b', 'b']);
      world.serves(OTHER);
      await settle(inOrder(OTHER));
      world.pass(RETIRE_AFTER_MS);
      await settle(inOrder(OTHER));
      expect(world.spread()).to.deep.equal(['a', 'b']);
    });

    it('go although their robot can’t be deleted, which is said', async () => {
      await provide();
      world.present = injecting({ pullSecret: 'None' });
      world.rests();
      await settle();
      world.pass(RETIRE_AFTER_MS);
      world.harbor.facts.availability = { kind: 'down' };
      await settle();
      expect([...world.secrets.keys()]).to.deep.equal([]);
      expect(world.warnings[0]).to.include(`The robot account for ${PREFIX} could not be deleted`);
    });
  });

  describe('of a mirror that is deleted', () => {
    it('go with their robots', async () => {
      await provide();
      deleted();
      expect(await world.room.release(world.present, 'nothing')).to.deep.equal([]);
      expect([...world.secrets.keys()]).to.deep.equal([]);
      expect(world.harbor.names()).to.deep.equal([]);
      expect(world.isWatched).to.equal(false);
    });

    it('leave no robot where somebody has deleted the Secret meanwhile, as the status says where it is', async () => {
      await provide();
      deleted({ pullPrefix: PREFIX, harbor: { url: world.harbor.url, projectID: 3 } });
      world.secrets.clear();
      expect(await world.room.release(world.present, 'what may last')).to.deep.equal([]);
      expect(world.harbor.names()).to.deep.equal([]);
    });

    it('wait for a Harbor that can’t be reached', async () => {
      await provide();
      world.harbor.facts.availability = { kind: 'down' };
      const error: unknown = await world.room.release(world.present, 'nothing').catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(HarborError);
      expect(world.spread()).to.deep.equal(['a', 'b']);
    });

    it('is let go of where Secrets may go with the mirror, whatever the API server says to their deletion', async () => {
      await provide();
      world.refuse = refused('unavailable');
      const kept: unknown = await world.room.release(world.present, 'nothing').catch((thrown: unknown) => thrown);
      expect(kept).to.be.instanceOf(KubernetesError);
      expect(await world.room.release(world.present, 'what may last')).to.deep.equal([]);
    });

    it('go all the same where the robots may be left, which is said', async () => {
      await provide();
      world.harbor.facts.availability = { kind: 'down' };
      expect(await world.room.release(world.present, 'what may last')).to.deep.equal([
        `a robot account for pulling from ${PREFIX} (it expires within 30 days)`,
      ]);
      expect([...world.secrets.keys()]).to.deep.equal([]);
    });

    it('leave robots alone that are in a Harbor that is not theirs', async () => {
      await provide();
      world.at = world.otherHarbor;
      world.otherHarbor.robots = world.harbor.robots.map((robot) => ({ ...robot }));
      await world.room.release(world.present, 'what may last');
      expect(world.otherHarbor.names()).to.deep.equal(['-a']);
    });
  });

  it('say from which Harbor Pods may still pull', async () => {
    await provide();
    expect(world.room.pullsFrom(world.present, 'https://harbor.test')).to.equal(true);
    expect(world.room.pullsFrom(world.present, 'https://other.test')).to.equal(false);
  });

  it('are replaced after a third of their life also by an operator that was just started', async () => {
    await provide();
    world.pass(21 * DAY_MS);
    await world.open().settle(world.present, inOrder());
    expect(world.harbor.names()).to.deep.equal(['-a', '-b']);
  });
});
