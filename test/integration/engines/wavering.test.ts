import { expect } from 'chai';
import { startApiProxy } from '../../cluster/api-proxy.js';
import type { ApiProxy } from '../../cluster/api-proxy.js';
import { imagesDuring } from '../../support/pod-stream.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { SERVED_ENGINES, SERVED_PLURALS } from '../policy/served.js';
import { useWorld } from '../use-world.js';

const image = 'quay.io/a/b:1';
const cached = 'harbor.cache.test/quay/a/b:1';
const OURS = 'registrymirror.io/managed-by';
const BEST = SERVED_ENGINES.at(-1) ?? 'ClusterPolicy';

describe('A kind of policy that the API server says for a moment not to have', function () {
  this.timeout(90_000);
  const world = useWorld({ operator: false });
  let proxy: ApiProxy;
  let kubeconfig: string;

  before(async () => {
    proxy = await startApiProxy(world().cluster);
    const direct = await world().cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    kubeconfig = await proxy.kubeconfigFor(direct);
    await world().startOperator({ kubeconfig });
  });

  after(async () => {
    await proxy.stop();
  });

  const pluralOf = (kind: string): string =>
    kind === 'ClusterPolicy' ? 'clusterpolicies' : `${kind.slice(0, -1).toLowerCase()}ies`;

  /** Answers as the API server does for a path that is none, until the operator has asked a few times. */
  async function momentWithout(plural: string): Promise<void> {
    let refusals = 0;
    const end = proxy.onRequest(({ path }) => {
      if (!path.split('?')[0]?.split('/').includes(plural)) return undefined;
      refusals += 1;
      return { kind: 'Answer', status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };
    });
    proxy.dropWatches();
    await eventually(() => {
      expect(refusals).to.be.at.least(3);
    });
    end();
  }

  for (const engine of ['Auto', ...SERVED_ENGINES]) {
    it(`is left by no mirror with engine ${engine}, and no Pod is missed`, async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine } });
      const kind = engine === 'Auto' ? BEST : engine;
      await eventually(async () => {
        expect((await world().get('quay')).status.policy?.kind).to.equal(kind);
      });
      await world().untilReady('quay');
      await world().untilImage(image, cached);
      const before = world().operator.log().length;
      const seen = await imagesDuring(world(), image, async () => {
        await momentWithout(pluralOf(kind));
        await world().reconcile('quay');
      });
      expect(seen).to.deep.equal([cached]);
      expect((await world().get('quay')).status.policy?.kind).to.equal(kind);
      expect((await world().condition('quay', 'Ready'))?.status).to.equal('True');
      const log = world().operator.log().slice(before);
      expect(log.filter(({ action }) => action === 'ApplyPolicy' || action === 'DeletePolicy')).to.deep.equal([]);
      await world().delete('quay');
      await eventually(async () => {
        const { stdout } = await world().cluster.kubectl(['get', SERVED_PLURALS.join(','), '-l', OURS, '-o', 'name']);
        expect(stdout).to.equal('');
      });
    });
  }

  for (const engine of SERVED_ENGINES) {
    it(`keeps the project of a mirror with engine ${engine} while Pods are sent there, also where the operator starts then`, async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine }, deletionPolicy: 'Delete' });
      await world().untilReady('quay');
      await world().untilImage(image, cached);
      await world().killOperator();
      await world().cluster.kubectl(['delete', 'registrymirror', 'quay', '--wait=false']);
      const hasProject = (): boolean => world().harbor.project('quay') !== undefined;
      const sentNowhere: string[] = [];
      const stream = async (): Promise<void> => {
        for (let ends = Infinity; Date.now() < ends;) {
          const isGone = !hasProject();
          if (isGone) ends = Math.min(ends, Date.now() + 2000);
          const given = await world().imageOfNewPod(image);
          if (isGone && given === cached) sentNowhere.push(given);
        }
      };
      const moment = momentWithout(pluralOf(engine));
      await Promise.all([stream(), moment, world().startOperator({ kubeconfig })]);
      expect(sentNowhere).to.deep.equal([]);
    });
  }
});
