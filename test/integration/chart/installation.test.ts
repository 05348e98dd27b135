import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { CHART, helm, RELEASE, renderChart } from '../../support/chart.js';
import type { HelmOptions, Values } from '../../support/chart.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { World } from '../../support/world.js';
import { SERVED_ENGINES } from '../policy/served.js';
import { namespacesWithCopy } from '../pull-secrets/pulling.js';
import { commandsOf, inShell } from '../../support/documented.js';
import { MONITORING, VALUE_SETS } from './value-sets.js';

/** The API server's own policies need no Kyverno; where it has none, it is Kyverno's turn. */
const HAS_OWN = SERVED_ENGINES.includes('MutatingAdmissionPolicy');
const MIRROR = {
  upstream: { type: 'docker-hub' },
  rewrite: { engine: HAS_OWN ? 'MutatingAdmissionPolicy' : 'ClusterPolicy' },
};
const CACHED = 'harbor.cache.test/dockerhub/library/nginx';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CONFIG = join(ROOT, 'config');
/** The operator may write only the policies of one engine. */
const NARROW = { engines: { clusterPolicy: !HAS_OWN, mutatingPolicy: false, mutatingAdmissionPolicy: HAS_OWN } };

describe('The chart in a cluster', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let harbor: HarborStandIn;
  let world: World;
  let options: HelmOptions;

  before(async function () {
    this.timeout(40 * 60_000);
    cluster = await startCluster({ audit: false, kyverno: !HAS_OWN });
    options = {
      program: cluster.binaries.helm,
      folder: cluster.folder,
      namespace: NAMESPACE,
      kubeconfig: cluster.kubeconfigPath,
    };
    harbor = await startHarbor({ unmappedHealthy: true });
    world = new World(cluster, harbor, {});
    await cluster.apply(MONITORING);
  });
  after(async () => {
    await world.killOperator();
    await harbor.stop();
    await cluster.stop();
  });

  const run = async (args: readonly string[], values?: Values): Promise<string> => {
    const { code, stdout, stderr } = await helm(options, args, values);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const shortNames = async (): Promise<unknown> => {
    const crd = await cluster.kubectl([
      'get',
      'crd',
      'registrymirrors.registrymirror.io',
      '-o',
      'jsonpath={.spec.names.shortNames}',
    ]);
    return crd.stdout;
  };

  it('refuses mirrors among the values while the API server doesn’t know them, and says what to do', async () => {
    const { code, stderr } = await helm(options, ['install', RELEASE, CHART, '--create-namespace'], {
      mirrors: { dockerhub: MIRROR },
    });
    expect(code).to.equal(1);
    expect(stderr).to.include('Install without `mirrors` first');
  });

  it('is installed by the command on its page, and goes again', async () => {
    const [install = ''] = commandsOf('charts/registry-mirror-operator/README.md', 'Install');
    await asDocumented(install);
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${RELEASE}-harbor`;
    const { data } = await cluster.api.json<{ readonly data: Readonly<Record<string, string>> }>('GET', path);
    expect(Buffer.from(data.username ?? '', 'base64').toString()).to.equal('robot$registry-mirror-operator');
    await run(['uninstall', RELEASE]);
    await cluster.kubectl(['delete', 'crd', 'registrymirrors.registrymirror.io']);
  });

  it('is installed, and says how to go on and how to leave', async () => {
    const former = formerChart(cluster.folder);
    const notes = await run(['install', RELEASE, former, '--create-namespace'], NARROW);
    expect(notes)
      .to.include('kubectl rollout status')
      .and.include('kubectl delete registrymirrors --all && helm uninstall');
    expect(await shortNames()).to.equal('');
  });

  it('gives the operator the rights that it needs for the engine that is on', async () => {
    await world.startOperator();
    await world.apply('dockerhub', MIRROR);
    await world.untilReady('dockerhub');
    await world.untilImage('nginx', CACHED);
  });

  it('tells by the commands on the page about backups what a rebuilt cluster needs', async () => {
    const page = 'docs/how-to/backup.md';
    const [command = ''] = commandsOf(page, 'Backup, and when Harbor or the cluster is lost');
    const lines = (await asDocumented(command)).trim().split('\n');
    expect(lines).to.deep.equal([lines[0], ['dockerhub', harbor.url, 'dockerhub', lines[0]].join('\t')]);
  });

  it('is upgraded with its CustomResourceDefinition, and takes mirrors as values', async () => {
    await run(['upgrade', RELEASE, CHART], {
      ...NARROW,
      replicaCount: 3,
      mirrors: { quay: { ...MIRROR, upstream: { type: 'quay' } } },
    });
    expect(await shortNames()).to.equal('["rmirror"]');
    await world.untilReady('quay');
    expect((await world.condition('dockerhub', 'Ready'))?.status).to.equal('True');
  });

  it('goes back to what it was, without a mirror less than there was', async () => {
    await run(['rollback', RELEASE, '1']);
    await eventually(async () => {
      expect((await cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal(
        'registrymirror.registrymirror.io/dockerhub\n',
      );
    });
    await world.untilReady('dockerhub');
    const deployment = ['get', 'deployment', RELEASE, '-n', NAMESPACE, '-o', 'jsonpath={.spec.replicas}'];
    expect((await cluster.kubectl(deployment)).stdout).to.equal('2');
  });

  for (const [name, values] of Object.entries<Values>(VALUE_SETS)) {
    it(`renders what the API server takes: ${name}`, async () => {
      const objects = await renderChart(options, values);
      const { code, stderr } = await cluster.kubectl(
        ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'],
        { stdin: objects.map((object) => stringify(object)).join('---\n') },
      );
      expect(code, stderr).to.equal(0);
    });
  }

  it('is uninstalled while there are mirrors: nothing hangs, mirrors and definition stay, and Pods are rewritten as before', async () => {
    await world.killOperator();
    expect(await run(['uninstall', RELEASE]))
      .to.include('CustomResourceDefinition')
      .and.include('registrymirrors.registrymirror.io');
    expect((await world.get('dockerhub')).metadata.deletionTimestamp).to.equal(undefined);
    expect(await world.imageOfNewPod('nginx')).to.equal(CACHED);
  });

  it('leaves nothing after the documented command: no mirror, no policy, and Pods as they are written', leavesNothing);

  it('leaves nothing after it either where config/ was deleted with its definition before the mirrors', async () => {
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
    const applied = await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-k', CONFIG]);
    expect(applied.code, applied.stderr).to.equal(0);
    await cluster.kubectl(['apply', '-k', join(CONFIG, 'components/pull-secrets')]);
    await world.startOperator();
    const rewrite = { ...MIRROR.rewrite, pullSecret: 'Inject' };
    await world.apply('dockerhub', { ...MIRROR, project: { public: false }, rewrite });
    await world.untilImage('nginx', CACHED);
    expect(await namespacesWithCopy(world)).to.include('default');
    await world.killOperator();
    const deleted = await cluster.kubectl(['delete', '-k', CONFIG, '--wait=false']);
    expect(deleted.code, deleted.stderr).to.equal(0);
    expect(await world.imageOfNewPod('nginx')).to.equal(CACHED);
    await leavesNothing();
    await eventually(async () => {
      expect((await cluster.kubectl(['get', 'crd', 'registrymirrors.registrymirror.io'])).code).to.equal(1);
    });
  });

  async function asDocumented(command: string): Promise<string> {
    return await inShell(cluster, command, { path: [dirname(cluster.binaries.helm)] });
  }

  /** Runs what the page about uninstalling says. */
  async function leavesNothing(): Promise<void> {
    for (const command of commandsOf('docs/how-to/uninstall.md', 'The operator is gone already'))
      await asDocumented(command);
    await world.untilImage('nginx', 'nginx');
    const policies = HAS_OWN ? ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'] : ['clusterpolicies'];
    for (const kind of [...policies, 'registrymirrors']) {
      await eventually(async () => {
        expect((await cluster.kubectl(['get', kind, '-o', 'name'])).stdout).to.equal('');
      });
    }
    await eventually(
      async () => {
        expect(await namespacesWithCopy(world)).to.deep.equal([]);
      },
      { timeoutMs: 60_000 },
    );
  }
});

/** The chart as an older release might have been: without a short name for mirrors. */
function formerChart(folder: string): string {
  const path = join(folder, 'former-chart');
  cpSync(CHART, path, { recursive: true });
  const edit = (file: string, from: RegExp, to: string): void => {
    const text = readFileSync(join(path, file), 'utf8');
    const edited = text.replace(from, to);
    if (edited === text) throw new Error(`${file} has nothing like ${String(from)}`);
    writeFileSync(join(path, file), edited);
  };
  edit('Chart.yaml', /^version: .*$/m, 'version: 0.0.1');
  edit('templates/crd.yaml', /^ {4}shortNames: .*\n/m, '');
  return path;
}
