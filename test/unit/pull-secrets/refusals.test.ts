import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { HarborLookResult } from '../../../src/mirror/look/look-result.js';
import { injecting, namespace, PullWorld, refused, RETIRE_AFTER_MS } from './pull-world.js';

const MINUTE_MS = 60_000;

describe('pull Secrets', () => {
  let world: PullWorld;
  beforeEach(() => {
    world = new PullWorld();
  });

  const settle = async (look?: HarborLookResult): Promise<HarborLookResult> => world.settle(look);
  const said = (look: HarborLookResult): string => world.said(look);
  const provide = async (): Promise<void> => world.provide();

  describe('that one namespace refuses', () => {
    const warnedOf = (look: HarborLookResult): string => look.pullWarning?.message ?? 'nothing';

    it('hold up no other namespace and no mirror; the namespace is named', async () => {
      world.refuse = refused('alreadyExists', 'a');
      const look = await settle();
      expect(said(look)).to.equal('ready, include');
      expect(world.spread()).to.deep.equal(['b']);
      expect(look.pullWarning?.reason).to.equal('PullSecretConflict');
      expect(warnedOf(look)).to.match(/1 namespace does not take.*: a\/registry-mirror-pull-team-/);
      expect(world.warnings.join()).to.include('a/registry-mirror-pull-team-');
    });

    it('are tried again within a minute, and nothing is said any more once they are there', async () => {
      world.refuse = refused('alreadyExists', 'a');
      expect((await settle()).lookAgainMs).to.equal(MINUTE_MS);
      world.refuse = () => undefined;
      expect(warnedOf(await settle())).to.equal('nothing');
      expect(world.spread()).to.deep.equal(['a', 'b']);
    });

    it('are told with what the API server said, as of a quota', async () => {
      world.refuse = ({ copy }) =>
        copy.metadata.namespace === 'a' ? new KubernetesError('forbidden', 'exceeded quota: tight', 403) : undefined;
      const look = await settle();
      expect(said(look)).to.equal('ready, include');
      expect(look.pullWarning?.reason).to.equal('PullSecretRefused');
      expect(warnedOf(look)).to.include('exceeded quota: tight');
    });

    it('are counted where there are many', async () => {
      world.spaces = Array.from({ length: 100 }, (_, i) => namespace(`n${i}`));
      world.refuse = ({ copy }) =>
        copy.metadata.namespace === 'n7' ? undefined : new KubernetesError('alreadyExists', 'no', 409);
      const look = await settle();
      expect(said(look)).to.equal('ready, include');
      expect(warnedOf(look)).to.include('99 namespaces do not take').and.include('and 94 more');
      expect(look.lookAgainMs).to.equal(99_000);
    });

    for (const [kind, what] of [
      ['unavailable', 'no answer'],
      ['conflict', 'a quota that others are counted in at the same moment'],
    ] as const) {
      it(`are waited for where the refusal may pass, as that of ${what}, and only once`, async () => {
        world.refuse = refused(kind, 'a');
        const error: unknown = await settle().catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(KubernetesError);
        expect(world.spread()).to.deep.equal(['b']);
        expect(said(await settle())).to.equal('ready, include');
      });
    }

    it('hold the mirror back where it is the only namespace: nobody could pull', async () => {
      world.spaces = [namespace('a')];
      world.refuse = refused('alreadyExists');
      expect(said(await settle())).to.equal('waiting PullSecretConflict, unchanged');
    });

    it('go on being taken away elsewhere when they are not needed any more', async () => {
      await provide();
      world.present = injecting({ pullSecret: 'None' });
      world.rests();
      await settle();
      world.pass(RETIRE_AFTER_MS);
      world.refuse = refused('forbidden', 'a');
      expect(said(await settle())).to.equal('ready, include');
      expect(world.spread()).to.deep.equal(['a']);
    });
  });
});
