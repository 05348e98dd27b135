import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { pullSecrets } from '../pull-secrets/pulling.js';
import { useWorld } from '../use-world.js';

const COMPONENT = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));

const IMAGE = 'quay.io/a/b:1';

/** The garbage collector looks for new kinds of objects every half minute. */
const COLLECTED = { timeoutMs: 60_000 };

for (const engine of ['ClusterPolicy', 'MutatingAdmissionPolicy']) {
  describe(`A ${engine}, and pull Secrets, whose operator is gone`, function () {
    this.timeout(120_000);
    const world = useWorld();
    let namespace: string;
    const namespaceSelector = { matchLabels: { pulls: engine } };
    const more = { project: { public: false }, rewrite: { engine, pullSecret: 'Inject', namespaceSelector } };

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
      const jsonpath = 'jsonpath={.items[*].metadata.ownerReferences[*].name}';
      const ours = ['-l', 'registrymirror.io/managed-by'];
      return (await world().cluster.kubectl(['get', engine, ...ours, '-o', jsonpath])).stdout;
    };
    /** The mirror and the namespace of each pull Secret. */
    const secrets = async (): Promise<readonly string[]> =>
      (await pullSecrets(world()))
        .map(({ metadata }) => `${metadata.annotations?.['registrymirror.io/mirror'] ?? ''} in ${metadata.namespace}`)
        .sort();
    const bothOf = (mirror: string): readonly string[] =>
      [namespace, NAMESPACE].map((where) => `${mirror} in ${where}`).sort();
    const kubectl = async (...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await world().cluster.kubectl(args);
      expect(code, stderr).to.equal(0);
    };
    const deleteUnheld = async (name: string): Promise<void> => {
      await world().cluster.kubectl(['delete', 'registrymirror', name, '--wait=false']);
      const patch = '{"metadata":{"finalizers":null}}';
      await world().cluster.kubectl(['patch', 'registrymirror', name, '--type=merge', '-p', patch]);
    };

    before(async () => {
      namespace = await world().cluster.createNamespace();
      await kubectl('label', 'namespace', namespace, `pulls=${engine}`);
      await kubectl('apply', '-k', COMPONENT);
      await world().apply('quay', { upstream: { type: 'quay' }, ...more });
      await world().apply('dockerhub', { upstream: { type: 'docker-hub' }, ...more });
      await world().untilReady('quay');
      await world().untilReady('dockerhub');
      await eventually(async () => {
        expect(await secrets()).to.deep.equal([...bothOf('dockerhub'), ...bothOf('quay')]);
      });
      await world().operator.stop();
    });
    after(async () => {
      await kubectl('delete', 'namespace', namespace, '--wait=false');
      await kubectl('delete', '-k', COMPONENT);
    });

    it('stays as long as one of its mirrors does, and each pull Secret as long as its own', async () => {
      expect(await owners()).to.equal('dockerhub quay');
      await deleteUnheld('dockerhub');
      await eventually(async () => {
        expect(await owners()).to.equal('quay');
        expect(await secrets()).to.deep.equal(bothOf('quay'));
      }, COLLECTED);
      expect(await world().imageOfNewPod(IMAGE, namespace)).to.equal(`${PULL_HOST}/quay/a/b:1`);
    });

    it('goes with the last one, pull Secrets as well, and Pods pull from upstream again', async () => {
      await deleteUnheld('quay');
      await eventually(async () => {
        expect(await policies()).to.equal('');
        expect(await secrets()).to.deep.equal([]);
      }, COLLECTED);
      await eventually(async () => {
        expect(await world().imageOfNewPod(IMAGE, namespace)).to.equal(IMAGE);
      });
    });
  });
}
