import { expect } from 'chai';
import { ENGINES } from '../../../src/engines/engines.js';
import { OPERATOR_USER } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { SERVED_ENGINES } from './served.js';

const IMAGE = 'quay.io/a/b:1';

for (const engine of SERVED_ENGINES) {
  describe(`A ${engine} that somebody's finalizer holds when its last mirror is deleted`, function () {
    this.timeout(120_000);
    const world = useWorld();
    const { resource, binding } = ENGINES[engine];
    const plurals = [resource, ...(binding === undefined ? [] : [binding.resource])].map(({ plural }) => plural);

    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await world().cluster.kubectl(args);
      expect(code, stderr).to.equal(0);
      return stdout.trim();
    };
    const hold = async (finalizers: readonly string[]): Promise<void> => {
      const patch = JSON.stringify({ metadata: { finalizers } });
      for (const plural of plurals) await kubectl('patch', plural, 'registry-mirrors', '--type=merge', '-p', patch);
    };
    const left = (): Promise<string> => kubectl('get', plurals.join(','), '-o', 'jsonpath={.items[*].metadata.name}');

    it('sends no Pod to a project that is gone, is deleted once, and leaves nothing when it is let go', async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, deletionPolicy: 'Delete', rewrite: { engine } });
      await world().untilReady('quay');
      await hold(['example.com/hold']);
      const mark = await world().cluster.audit.mark();
      await kubectl('delete', 'registrymirror', 'quay', '--timeout=60s');
      expect(await world().imageOfNewPod(IMAGE)).to.equal(IMAGE);
      expect(world().harbor.project('quay')).to.equal(undefined);
      expect(await left()).to.include('registry-mirrors');
      const writes = await world().cluster.audit.writes({ user: OPERATOR_USER }, mark);
      const deletions = writes.filter(({ verb, resource: plural }) => verb === 'delete' && plurals.includes(plural));
      expect(deletions).to.have.length(plurals.length);
      await hold([]);
      await eventually(async () => {
        expect(await left()).to.equal('');
      });
    });
  });
}
