import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startApiProxy } from '../../cluster/api-proxy.js';
import type { ApiProxy } from '../../cluster/api-proxy.js';
import type { Robot } from '../../harbor/state.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS } from '../../support/world.js';
import { Cutter } from '../operator/cut.js';
import type { Cut, Point } from '../operator/cut.js';
import { useWorld } from '../use-world.js';
import { loginFor, namespacesWithCopy, pullSecrets } from './pulling.js';
import { newPod } from '../../support/new-pod.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const IMAGE = 'team.example.org/app/web:1';
const REWRITTEN = 'harbor.cache.test/team/app/web:1';
const spec = {
  upstream: { type: 'docker-registry', url: 'https://team.example.org' },
  project: { public: false },
  rewrite: { pullSecret: 'Inject', namespaceSelector: { matchLabels: { team: 'yes' } } },
};
const CUTS: readonly Cut[] = ['kill -9', 'lost answer'];
const harbor = (write: string): Point => ({ at: 'Harbor', write });
const api = (write: string): Point => ({ at: 'the API server', write });

describe('Pull secrets, cut off after any single write', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  let proxy: ApiProxy;
  let kubeconfig: string;
  let cutter: Cutter;

  const kubectl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
  };
  const start = async (): Promise<void> => world().startOperator({ kubeconfig });
  const robots = (): readonly Robot[] =>
    world()
      .harbor.robots()
      .filter(({ level }) => level === 'project');

  /** One robot in use, whose login is in all Secrets, in all namespaces where it belongs. */
  const expectWhole = async (): Promise<void> => {
    await world().untilReady('team');
    await world().reconcile('team');
    await world().untilReady('team');
    const secrets = await pullSecrets(world());
    expect(secrets.map(({ metadata }) => metadata.namespace)).to.have.members([NAMESPACE, 'cut-a', 'cut-b']);
    const logins = secrets.map((secret) => loginFor(REWRITTEN, secret));
    const [robot] = robots().filter(({ secret }) => secret === logins[0]?.password);
    expect(robot?.name).to.match(/-[ab]$/);
    for (const login of logins) expect(login).to.deep.include(logins[0]);
    const used = await newPod(world(), 'cut-a', IMAGE);
    expect(used).to.deep.equal({ image: REWRITTEN, secrets: [secrets[0]?.metadata.name] });
  };
  const expectGone = async (): Promise<void> => {
    await eventually(
      async () => {
        expect((await world().cluster.api.send('GET', `${MIRRORS}/team`)).status).to.equal(404);
        expect(await pullSecrets(world())).to.deep.equal([]);
      },
      { timeoutMs: 20_000 },
    );
    expect(robots()).to.deep.equal([]);
  };

  before(async () => {
    proxy = await startApiProxy(world().cluster);
    kubeconfig = await proxy.kubeconfigFor(await world().cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT));
    cutter = new Cutter(world(), proxy);
    await kubectl('apply', '-k', component);
    for (const name of ['cut-a', 'cut-b']) {
      await kubectl('create', 'namespace', name);
      await kubectl('label', 'namespace', name, 'team=yes');
    }
  });
  after(async () => {
    await world().killOperator();
    await kubectl('delete', 'namespace', 'cut-a', 'cut-b', '--wait=false');
    await kubectl('delete', '-k', component);
    await proxy.stop();
  });
  beforeEach(async () => {
    world().harbor.clearFaults();
    await world().killOperator();
    await start();
  });

  for (const cut of CUTS) {
    for (const point of [harbor('POST /robots'), api('POST secrets'), api('PATCH clusterpolicies')]) {
      it(`makes one robot and its Secrets: ${cut} after ${point.write}`, async () => {
        const happened = cutter.at(point, cut);
        await world().apply('team', spec);
        await happened;
        if (cut === 'kill -9') await start();
        await expectWhole();
        expect(robots()).to.have.length(1);
        await world().delete('team');
        await expectGone();
      });
    }

    for (const point of [harbor('POST /robots'), api('PATCH secrets')]) {
      it(`changes robots: ${cut} after ${point.write}`, async () => {
        await world().apply('team', spec);
        await expectWhole();
        const [old] = robots();
        if (old === undefined) throw new Error('There is no robot.');
        old.expiresAt = Math.floor(Date.now() / 1000) + 86_400;
        const happened = cutter.at(point, cut);
        const annotate = ['annotate', 'registrymirror', 'team', 'registrymirror.io/requestedAt=now', '--overwrite'];
        await kubectl(...annotate);
        await happened;
        if (cut === 'kill -9') await start();
        await eventually(expectWhole, { timeoutMs: 20_000 });
        // The old one is there for those who are using it.
        expect(robots()).to.have.length(2);
        await world().delete('team');
        await expectGone();
      });
    }

    for (const point of [harbor('DELETE /robots/{robot_id}'), api('DELETE secrets')]) {
      it(`takes all away: ${cut} after ${point.write}`, async () => {
        await world().apply('team', spec);
        await expectWhole();
        expect(await namespacesWithCopy(world())).to.deep.equal(['cut-a', 'cut-b']);
        const happened = cutter.at(point, cut);
        await kubectl('delete', 'registrymirror', 'team', '--wait=false');
        await happened;
        if (cut === 'kill -9') await start();
        await expectGone();
      });
    }
  }
});
