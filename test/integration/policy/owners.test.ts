import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';

const IMAGE = 'quay.io/a/b:1';

/** The garbage collector looks for new kinds of objects every half minute. */
const COLLECTED = { timeoutMs: 60_000 };

for (const engine of ['ClusterPolicy', 'MutatingAdmissionPolicy']) {
  describe(`A ${engine} whose operator is gone`, function () {
    this.timeout(120_000);
    const world = useWorld();
    const rewrite = { engine };

    const policies = async (): Promise<string> => {
      const { stdout } = await world().cluster.kubectl([
        'get',
        engine,
        '-l',
        'registrymirror.io/managed-by',
        '-o',
        'name',
      ]);
      return stdout.trim();
    };
    const owners = async (): Promise<string> => {
      const jsonpath = 'jsonpath={.metadata.ownerReferences[*].name}';
      return (await world().cluster.kubectl(['get', engine, 'registry-mirrors', '-o', jsonpath])).stdout;
    };
    const deleteUnheld = async (name: string): Promise<void> => {
      await world().cluster.kubectl(['delete', 'registrymirror', name, '--wait=false']);
      const patch = '{"metadata":{"finalizers":null}}';
      await world().cluster.kubectl(['patch', 'registrymirror', name, '--type=merge', '-p', patch]);
    };

    before(async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite });
      await world().apply('dockerhub', { upstream: { type: 'docker-hub' }, rewrite });
      await world().untilReady('quay');
      await world().untilReady('dockerhub');
      await world().operator.stop();
    });

    it('stays as long as one of its mirrors does', async () => {
      expect(await owners()).to.equal('dockerhub quay');
      await deleteUnheld('dockerhub');
      await eventually(async () => {
        expect(await owners()).to.equal('quay');
      }, COLLECTED);
      expect(await world().imageOfNewPod(IMAGE)).to.equal(`${PULL_HOST}/quay/a/b:1`);
    });

    it('goes with the last one, and Pods pull from upstream again', async () => {
      await deleteUnheld('quay');
      await eventually(async () => {
        expect(await policies()).to.equal('');
      }, COLLECTED);
      await world().untilImage(IMAGE, IMAGE);
    });
  });
}
