import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { runCli } from './run-cli.js';
import type { CliResult } from './run-cli.js';

const HUB = { upstream: { type: 'docker-hub' }, project: { retention: { keep: 'All' } } } as const;

describe('registry-mirror plan', function () {
  this.timeout(90_000);
  const world = useWorld({ operator: false });
  let folder: string;
  let namespace: string;
  let env: Readonly<Record<string, string>>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-plan-'));
    const { username, password } = world().harbor.addRobot('planner');
    const { url } = world().harbor;
    env = { HARBOR_URL: url, HARBOR_USERNAME: username, HARBOR_PASSWORD: password, HARBOR_PULL_HOST: PULL_HOST };
    // `plan` looks at all Pods of the cluster, also those that other specs left.
    await world().cluster.kubectl(['delete', 'pods', '-A', '--all', '--grace-period=0', '--force']);
    namespace = await world().cluster.createNamespace();
    for (let i = 0; i < 22; i += 1) await createPod(`web-${String(i).padStart(2, '0')}`, 'nginx');
    await createPod('opted-out', 'nginx', { 'registrymirror.io/rewrite': 'disabled' });
    await createPod('elsewhere', 'ghcr.io/a/b');
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  const createPod = async (name: string, image: string, labels: object = {}): Promise<void> => {
    const pod = { metadata: { name, labels }, spec: { containers: [{ name: 'c', image }] } };
    await world().cluster.api.json('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
  };
  const plan = (...args: readonly string[]): Promise<CliResult> =>
    runCli(['plan', '--kubeconfig', world().cluster.kubeconfigPath, ...args], env);
  const file = (specs: Readonly<Record<string, object>>): string => {
    const path = join(folder, 'mirrors.yaml');
    const items = Object.entries(specs).map(([name, spec]) => ({
      apiVersion: 'registrymirror.io/v1alpha1',
      kind: 'RegistryMirror',
      metadata: { name },
      spec,
    }));
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    return path;
  };

  it('prints what a new mirror would bring about, writes nothing, and ends with 1', async () => {
    const { code, out, warnings } = await plan('-f', file({ dockerhub: HUB }));
    expect(warnings).to.equal('');
    const lines = out.split('\n');
    expect(lines.slice(0, 8)).to.deep.equal([
      'Harbor:',
      '  dockerhub: create endpoint dockerhub (docker-hub, https://hub.docker.com)',
      '  dockerhub: create proxy-cache project dockerhub',
      '  dockerhub: keep everything in project dockerhub',
      'Cluster:',
      '  create RegistryMirror dockerhub',
      '  create ClusterPolicy registry-mirrors (dockerhub)',
      'Images of present Pods that would have been rewritten:',
    ]);
    expect(lines[8]).to.equal(
      `  ${namespace}/web-00 container c: nginx -> ${PULL_HOST}/dockerhub/library/nginx (mirror dockerhub)`,
    );
    expect(lines).to.have.length(8 + 20 + 1);
    expect(lines.at(-1)).to.match(/^ {2}and \d+ more; --all shows them$/);
    expect(code).to.equal(1);
    expect(world().harbor.writes()).to.deep.equal([]);
    const { stdout } = await world().cluster.kubectl(['get', 'registrymirrors,clusterpolicies', '-o', 'name']);
    expect(stdout).to.not.include('dockerhub').and.not.include('registry-mirrors');
  });

  it('takes for Auto the engine that the operator would', async () => {
    const auto = file({ dockerhub: { ...HUB, rewrite: { engine: 'Auto' } } });
    expect((await plan('-f', auto)).out).to.include('create MutatingAdmissionPolicy registry-mirrors (dockerhub)');
    const narrow = await plan('-f', auto, '--auto-engines', 'ClusterPolicy,MutatingPolicy');
    expect(narrow.out).to.include('create MutatingPolicy registry-mirrors (dockerhub)');
  });

  it('gives all Pods as data, and only those that a policy would have changed', async () => {
    const { out } = await plan('-f', file({ dockerhub: HUB }), '-o', 'json');
    const { pods } = JSON.parse(out) as { pods: { namespace: string; pod: string }[] };
    const names = pods.filter((pod) => pod.namespace === namespace).map(({ pod }) => pod);
    expect(names).to.have.length(22).and.not.include('opted-out').and.not.include('elsewhere');
  });

  it('ends with 0 where there are no mirrors to plan for', async () => {
    const { code, out } = await plan();
    expect(out).to.equal('No changes.');
    expect(code).to.equal(0);
  });

  it('says what would keep a mirror from being served', async () => {
    const project = world().harbor;
    await world().asAdmin('POST', '/projects', { project_name: 'taken', metadata: { public: 'true' } });
    const { out } = await plan(
      '-f',
      file({
        a: HUB,
        b: HUB,
        taken: { upstream: { type: 'quay' } },
        secret: { upstream: { type: 'github-ghcr', credentialsSecretRef: { name: 'x' } }, project: { public: true } },
      }),
    );
    expect(out)
      .to.include('b: RegistryMirror a already mirrors docker.io.')
      .and.include('taken: Project taken exists in Harbor and is no proxy cache.')
      .and.include("secret: The operator's namespace registry-mirror-system has no Secret x");
    expect(project.writes().filter(({ user }) => user !== 'admin')).to.deep.equal([]);
  });

  describe('beside an operator', () => {
    const ours = { ...HUB, rewrite: { engine: 'MutatingAdmissionPolicy' }, deletionPolicy: 'Delete' } as const;

    before(async () => {
      await world().startOperator();
      await world().apply('dockerhub', ours);
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: ours.rewrite });
      await world().untilReady('dockerhub');
      await world().untilReady('quay');
      await world().killOperator();
    });

    it('ends with 0 where all is in sync', async () => {
      const { code, out } = await plan();
      expect(out.trim()).to.match(/^No changes\.(\nImages of present Pods[^]*)?$/);
      expect(code).to.equal(0);
    });

    it('doesn’t say that nothing would change where it could not look', async () => {
      const { code, out } = await runCli(['plan', '--kubeconfig', world().cluster.kubeconfigPath], {
        ...env,
        HARBOR_PASSWORD: 'not-this-one',
      });
      expect(out).to.include('quay: Harbor').and.not.include('No changes');
      expect(code).to.equal(2);
    });

    it('keeps a mirror out as long as the operator would, and plans nothing of it', async () => {
      const withdraws = { upstream: { type: 'quay' }, rewrite: { ...ours.rewrite, onUpstreamUnavailable: 'Withdraw' } };
      await world().apply('quay', withdraws);
      await world().startOperator();
      await world().untilReady('quay');
      world().harbor.setUpstream('quay.io', 'down');
      await world().harbor.refreshStatus();
      // One look at it doesn't put a mirror out that serves.
      const serving = await plan();
      expect(serving.out).to.not.include('MutatingAdmissionPolicy');
      await world().reconcile('quay');
      await world().until('quay', 'PolicyReady', 'False', 'Withdrawn');
      await world().untilImage('quay.io/a/b:1', 'quay.io/a/b:1');
      await world().killOperator();
      const out = await plan();
      expect(out.out).to.include("quay: Harbor can't pull from the upstream");
      expect(out.out).to.not.include('MutatingAdmissionPolicy');
      world().harbor.setUpstream('quay.io', 'up');
      await world().harbor.refreshStatus();
      // Neither does one look bring it back: what is planned is what the operator would do at its first.
      expect((await plan()).out).to.not.include('MutatingAdmissionPolicy');
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: ours.rewrite });
      expect((await plan()).out).to.match(/MutatingAdmissionPolicy registry-mirrors.*quay/);
      await world().startOperator();
      await world().untilReady('quay');
      await world().killOperator();
    });

    it('says what goes later, when Pods have been sent to the new project for a while', async () => {
      const renamed = await plan('-f', file({ dockerhub: { ...ours, project: { ...ours.project, name: 'hub' } } }));
      const later = 'dockerhub: later, when no Pod is sent there any more: ';
      expect(renamed.out).to.include('dockerhub: create proxy-cache project hub');
      expect(renamed.out).to.include(`${later}delete project dockerhub`);
    });

    it('stalls who brings a conflict, as the operator does', async () => {
      const rewrite = ours.rewrite;
      const { out } = await plan('-f', file({ second: { upstream: { type: 'quay' }, rewrite } }));
      expect(out).to.include('second: RegistryMirror quay already mirrors quay.io.');
      const loop = { upstream: { type: 'docker-registry', url: 'https://r.example.org', hosts: [PULL_HOST] }, rewrite };
      const looped = await plan('-f', file({ loop }));
      expect(looped.out).to.include(`loop: ${PULL_HOST} is where nodes pull from Harbor`);
    });
  });

  it('ends with 2 where Harbor can’t be read', async () => {
    await world().harbor.down();
    const { code, out } = await plan('-f', file({ dockerhub: HUB }), '--request-timeout', '2s');
    await world().harbor.up();
    expect(out).to.include(`dockerhub: Harbor can't be reached at ${env.HARBOR_URL}:`);
    expect(out).to.include("check host and port in Harbor's url").and.not.include('again');
    expect(code).to.equal(2);
  });

  it('says where a refused login may be corrected', async () => {
    const { code, out } = await runCli(
      ['plan', '--kubeconfig', world().cluster.kubeconfigPath, '-f', file({ dockerhub: HUB })],
      { ...env, HARBOR_PASSWORD: 'not-this-one' },
    );
    expect(out).to.include("refuses the operator's login").and.include('in its Secret, or where else it is given');
    expect(code).to.equal(2);
  });

  it('asks for what it needs to know of Harbor', async () => {
    const { code, warnings } = await runCli(['plan'], { ...env, HARBOR_PASSWORD: '' });
    expect(warnings).to.include("Harbor's login is missing");
    expect(code).to.equal(2);
  });
});
