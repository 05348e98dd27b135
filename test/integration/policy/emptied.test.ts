import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { SERVED_ENGINES } from './served.js';

const IMAGE = 'quay.io/a/b:1';
/** The garbage collector looks for new kinds of objects every half minute. */
const COLLECTED = { timeoutMs: 60_000 };

for (const engine of SERVED_ENGINES.filter((kind) => ENGINES[kind].isKyverno)) {
  describe(`A ${engine} whose last mirror is deleted`, function () {
    this.timeout(120_000);
    const world = useWorld();

    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await world().cluster.kubectl(args);
      expect(code, stderr).to.equal(0);
      return stdout.trim();
    };
    const policies = (): Promise<string> =>
      kubectl('get', engine, '-l', 'registrymirror.io/managed-by', '-o', 'jsonpath={.items[*].metadata.name}');
    const mirrors = (): Promise<string> =>
      kubectl('get', 'registrymirrors', '-o', 'jsonpath={.items[*].metadata.name}');

    /** The operator ends between two steps: the policy has no mirrors any more, and is not deleted yet. */
    const killOnceEmptied = async (): Promise<void> => {
      await kubectl('delete', 'registrymirror', 'quay', '--wait=false');
      const jsonpath = 'jsonpath={.items[*].metadata.annotations.registrymirror\\.io/mirrors}';
      await eventually(
        async () => {
          expect(await kubectl('get', engine, '-o', jsonpath)).to.equal('[]');
        },
        { intervalMs: 10 },
      );
      await world().killOperator();
      expect(await policies()).to.equal('registry-mirrors');
    };

    beforeEach(async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine } });
      await world().untilReady('quay');
    });

    it('is gone once the mirror is', async () => {
      await kubectl('delete', 'registrymirror', 'quay');
      expect(await policies()).to.equal('');
      expect(await world().imageOfNewPod(IMAGE)).to.equal(IMAGE);
    });

    it('goes at the next start of an operator that ended when it had emptied it', async () => {
      await killOnceEmptied();
      await world().startOperator();
      await eventually(async () => {
        expect(await policies()).to.equal('');
        expect(await mirrors()).to.equal('');
      });
    });

    it('goes with the mirror where no operator comes any more', async () => {
      await killOnceEmptied();
      expect(await mirrors()).to.equal('quay');
      await kubectl('patch', 'registrymirror', 'quay', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
      await eventually(async () => {
        expect(await policies()).to.equal('');
      }, COLLECTED);
    });
  });
}
