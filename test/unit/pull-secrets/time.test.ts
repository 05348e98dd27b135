import { expect } from 'chai';
import type { HarborLookResult } from '../../../src/mirror/look/look-result.js';
import { injecting, namespace, PREFIX, PullWorld, refused, RETIRE_AFTER_MS } from './pull-world.js';

const MINUTE_MS = 60_000;
const OTHER = 'harbor.test/team-two';

describe('pull Secrets', () => {
  let world: PullWorld;
  beforeEach(() => {
    world = new PullWorld();
  });

  const settle = async (look?: HarborLookResult): Promise<HarborLookResult> => world.settle(look);
  const said = (look: HarborLookResult): string => world.said(look);
  const provide = async (): Promise<void> => world.provide();

  describe('when Harbor’s prefix for robots is changed', () => {
    it('get the new name as soon as the operator has a new login, and keep their password', async () => {
      await provide();
      world.harbor.prefix = 'bot-';
      world.renewSession();
      expect(said(await settle())).to.equal('ready, include');
      expect(world.done()).to.deep.equal(['list', 'keep', 'UpdateCopy a', 'UpdateCopy b']);
      for (const user of Object.values(world.users())) expect(user).to.match(/^bot-team\+registry-mirror-.*-a$/);
      expect(world.harbor.names()).to.deep.equal(['-a']);
      await settle();
      expect(world.done()).to.deep.equal(['list']);
    });

    it('get the new name when a look is asked for', async () => {
      await provide();
      world.harbor.prefix = 'bot-';
      world.present = injecting({}, { metadata: { annotations: { 'registrymirror.io/requestedAt': 'now' } } });
      await settle();
      for (const user of Object.values(world.users())) expect(user).to.match(/^bot-/);
    });
  });

  describe('while the clock on the wall is put back by an hour', () => {
    it('let the old robot go all the same', async () => {
      await provide();
      world.harbor.expireIn(10);
      world.pass(61 * MINUTE_MS);
      expect((await settle()).lookAgainMs).to.equal(10 * MINUTE_MS);
      await settle();
      world.now -= 60 * MINUTE_MS;
      world.pass(10 * MINUTE_MS);
      await settle();
      expect(world.harbor.names()).to.deep.equal(['-b']);
    });

    it('go when they are not needed any more all the same', async () => {
      await provide();
      world.present = injecting({ pullSecret: 'None' });
      world.rests();
      await settle();
      world.now -= 60 * MINUTE_MS;
      world.pass(RETIRE_AFTER_MS);
      await settle();
      expect(world.spread()).to.deep.equal([]);
    });
  });

  describe('are everywhere', () => {
    const isSpread = (): string => world.room.isSpread(world.present, PREFIX);

    it('once each namespace has its copy, with the present login', async () => {
      expect(isSpread()).to.equal('unknown');
      await world.watch();
      expect(isSpread()).to.equal('no');
      await settle();
      expect(isSpread()).to.equal('yes');
      world.spaces = [...world.spaces, namespace('c')];
      expect(isSpread()).to.equal('no');
      expect(world.room.isSpread(world.present, OTHER)).to.equal('no');
    });

    it('without a namespace that refuses its copy while others take it', async () => {
      world.refuse = refused('alreadyExists', 'a');
      await settle();
      expect(isSpread()).to.equal('yes');
      world.spaces = [namespace('a')];
      expect(isSpread()).to.equal('no');
    });

    it('is not known without the rights to see namespaces', async () => {
      await settle();
      world.grant = 'forbidden';
      expect(isSpread()).to.equal('unknown');
    });
  });
});
