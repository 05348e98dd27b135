import { expect } from 'chai';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { SERVED_ENGINES } from './served.js';

const IMAGE = 'quay.io/a/b:1';
const CACHED = `${PULL_HOST}/quay/a/b:1`;

for (const engine of SERVED_ENGINES.filter((each) => each === 'MutatingPolicy')) {
  describe(`A PolicyException that names the ${engine} of default settings`, function () {
    this.timeout(60_000);
    const world = useWorld();

    async function imageOf(labels: string): Promise<string> {
      const pod = ['run', 'exempt', `--image=${IMAGE}`, `--labels=${labels}`, '--dry-run=server'];
      const { stdout } = await world().cluster.kubectl([...pod, '-o', 'jsonpath={.spec.containers[0].image}']);
      return stdout;
    }

    before(async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine } });
      await world().untilReady('quay');
      await world().untilImage(IMAGE, CACHED);
    });

    it('leaves the Pods out that it is for, and no others', async () => {
      // In another namespace than the Pods: Kyverno takes it for all.
      const metadata = { name: 'as-it-is', namespace: NAMESPACE };
      const isHere = "object.metadata.namespace == 'default'";
      const expression = `${isHere} && object.metadata.?labels['app'].orValue('') == 'as-it-is'`;
      const spec = {
        policyRefs: [{ name: 'registry-mirrors', kind: engine }],
        matchConditions: [{ name: 'as-it-is', expression }],
      };
      const exception = { apiVersion: 'policies.kyverno.io/v1', kind: 'PolicyException', metadata, spec };
      await world().cluster.apply([exception]);
      await eventually(async () => {
        expect(await imageOf('app=as-it-is')).to.equal(IMAGE);
      });
      expect(await imageOf('app=other')).to.equal(CACHED);
      expect(await world().imageOfNewPod(IMAGE)).to.equal(CACHED);
      const kind = 'policyexceptions.policies.kyverno.io';
      await world().cluster.kubectl(['delete', kind, metadata.name, '-n', NAMESPACE]);
      await eventually(async () => {
        expect(await imageOf('app=as-it-is')).to.equal(CACHED);
      });
    });
  });
}
