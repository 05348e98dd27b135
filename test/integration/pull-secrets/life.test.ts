import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Robot } from '../../harbor/state.js';
import { imageType, startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import { NAMESPACE, OPERATOR_USER } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { loginFor, namespacesWithCopy, pullSecrets, pullStatus } from './pulling.js';
import { newPod } from '../../support/new-pod.js';
import type { StoredSecret } from './pulling.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const DAY_S = 86_400;
const IMAGE = 'team.example.org/app/web:1';
const REWRITTEN = 'harbor.cache.test/team/app/web:1';

const rewrite = {
  pullSecret: 'Inject',
  namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['yes'] }] },
};
const spec = {
  upstream: { type: 'docker-registry', url: 'https://team.example.org' },
  project: { public: false },
  rewrite,
};

describe('Pull secrets', function () {
  this.timeout(90_000);
  const world = useWorld({ harbor: { unmappedHealthy: true }, env: { RETIRE_AFTER: '3s' } });
  const seen: string[] = [];
  let upstream: UpstreamRegistry;

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const allow = async (): Promise<string> => kubectl('apply', '-k', component);
  const forbid = async (): Promise<string> => kubectl('delete', '-k', component, '--ignore-not-found');
  const namespace = async (name: string, ...labels: readonly string[]): Promise<void> => {
    await kubectl('create', 'namespace', name);
    if (labels.length > 0) await kubectl('label', 'namespace', name, ...labels);
  };
  const robots = (): readonly Robot[] =>
    world()
      .harbor.robots()
      .filter(({ level }) => level === 'project');
  const own = async (): Promise<StoredSecret> => {
    const found = (await pullSecrets(world())).find(({ metadata }) => metadata.namespace === NAMESPACE);
    if (found === undefined) throw new Error('The operator has no pull Secret.');
    seen.push(loginFor(REWRITTEN, found)?.password ?? '');
    return found;
  };
  const untilCopiesIn = async (...expected: readonly string[]): Promise<void> => {
    await eventually(
      async () => {
        expect(await namespacesWithCopy(world())).to.deep.equal(expected);
      },
      { timeoutMs: 15_000 },
    );
  };
  const annotate = async (kind: string, name: string, value: string, ...more: readonly string[]): Promise<string> =>
    kubectl('annotate', kind, name, value, '--overwrite', ...more);

  before(async () => {
    upstream = await startUpstreamRegistry();
    const config = upstream.addBlob(Buffer.from('{}'));
    const image = {
      schemaVersion: 2,
      mediaType: imageType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
      layers: [],
    };
    upstream.addManifest('app/web', image, imageType, '1');
    world().harbor.mapHost('team.example.org', { url: upstream.url });
    await namespace('pull-a', 'team=yes');
    await namespace('pull-b', 'team=yes');
    await namespace('pull-other', 'team=no');
    await namespace('pull-out', 'team=yes', 'registrymirror.io/rewrite=disabled');
  });
  after(async () => {
    await kubectl('delete', 'namespace', '-l', 'team', '--wait=false');
    await forbid();
    await upstream.stop();
  });

  it('watches no namespaces, and no Secrets elsewhere, while no mirror asks for it', async () => {
    const mark = await world().cluster.audit.mark();
    await world().killOperator();
    await world().startOperator();
    await world().apply('team', { ...spec, project: { public: true }, rewrite: { ...rewrite, pullSecret: 'None' } });
    await world().untilReady('team');
    const reads = await world().cluster.audit.reads({ user: OPERATOR_USER }, mark);
    const lists = reads.filter(({ verb, namespace }) => verb === 'list' && namespace === undefined);
    const resources = lists.map(({ resource }) => resource);
    expect(resources).to.include('registrymirrors').and.not.include('namespaces').and.not.include('secrets');
    await world().delete('team');
  });

  it('says what to apply where the rights are missing, makes no robot, and goes on when they are there', async () => {
    await world().apply('team', spec);
    const stalled = await world().until('team', 'Stalled', 'True', 'PullSecretPermissionMissing');
    expect(stalled.message)
      .to.include('kubectl apply -k config/components/pull-secrets')
      .and.include('features.pullSecrets');
    expect(robots()).to.deep.equal([]);
    await allow();
    await world().until('team', 'Ready', 'True', undefined, 45_000);
  });

  it('puts the Secret where Pods are rewritten, and nowhere else', async () => {
    await untilCopiesIn('pull-a', 'pull-b');
  });

  it('gives Pods what they can pull with', async () => {
    const { image, secrets } = await newPod(world(), 'pull-a', IMAGE);
    const secret = await own();
    expect([image, secrets]).to.deep.equal([REWRITTEN, [secret.metadata.name]]);
    const copy = (await pullSecrets(world())).find(({ metadata }) => metadata.namespace === 'pull-a');
    expect(copy?.type).to.equal('kubernetes.io/dockerconfigjson');
    expect(copy?.data).to.deep.equal(secret.data);
    if (copy === undefined) throw new Error('There is no copy.');
    expect(await pullStatus(world(), REWRITTEN)).to.equal(401);
    expect(await pullStatus(world(), REWRITTEN, loginFor(REWRITTEN, copy))).to.equal(200);
  });

  it('has a key for this project alone, and a robot that may pull from it and nothing else', async () => {
    expect(loginFor('harbor.cache.test/team-b/app:1', await own())).to.equal(undefined);
    expect(robots().map(({ permissions }) => permissions)).to.deep.equal([
      [{ kind: 'project', namespace: 'team', access: [{ resource: 'repository', action: 'pull' }] }],
    ]);
    expect(robots()[0]?.description).to.include('registry-mirror-operator v1').and.include('mirror=team');
  });

  it('costs nothing once it is there', async () => {
    await world().reconcile('team');
    world().harbor.resetCounts();
    const before = await pullSecrets(world());
    await world().reconcile('team');
    expect(world().harbor.writes()).to.deep.equal([]);
    expect(await pullSecrets(world())).to.deep.equal(before);
  });

  it('follows namespaces: new ones, labels that change, and those that opt out', async () => {
    await kubectl('label', 'namespace', 'pull-other', 'team=yes', '--overwrite');
    await untilCopiesIn('pull-a', 'pull-b', 'pull-other');
    await kubectl('label', 'namespace', 'pull-b', 'registrymirror.io/rewrite=disabled');
    await untilCopiesIn('pull-a', 'pull-other');
    await kubectl('label', 'namespace', 'pull-other', 'team=no', '--overwrite');
    await untilCopiesIn('pull-a');
    await kubectl('delete', 'namespace', 'pull-b');
    await world().cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pull-new', labels: { team: 'yes' } } },
    ]);
    await untilCopiesIn('pull-a', 'pull-new');
  });

  it('repairs a copy that was edited or deleted', async () => {
    const { metadata, data } = await own();
    const patch = JSON.stringify({ data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') } });
    await kubectl('patch', 'secret', metadata.name, '-n', 'pull-a', '-p', patch);
    await kubectl('delete', 'secret', metadata.name, '-n', 'pull-new');
    await eventually(async () => {
      const copies = (await pullSecrets(world())).filter((secret) => secret.metadata.namespace !== NAMESPACE);
      expect(copies.map((copy) => copy.data)).to.deep.equal([data, data]);
    });
  });

  it('changes robots before the old one expires, and lets the old one live on for a while', async () => {
    const before = await own();
    const [old] = robots();
    if (old === undefined) throw new Error('There is no robot.');
    old.expiresAt = Math.floor(Date.now() / 1000) + 11 * DAY_S;
    await world().reconcile('team');
    expect(robots()).to.have.length(1);
    old.expiresAt -= 2 * DAY_S;
    await world().reconcile('team');
    expect(robots().map(({ name }) => name.slice(-2))).to.deep.equal(['-a', '-b']);
    const copies = await pullSecrets(world());
    expect(new Set(copies.map(({ metadata }) => metadata.name))).to.deep.equal(new Set([before.metadata.name]));
    for (const secret of [before, ...copies]) {
      expect(await pullStatus(world(), REWRITTEN, loginFor(REWRITTEN, secret))).to.equal(200);
    }
    expect(loginFor(REWRITTEN, await own())?.username).to.match(/-b$/);
    expect((await newPod(world(), 'pull-a', IMAGE)).secrets).to.deep.equal([before.metadata.name]);
  });

  it('deletes the old robot when nobody can be using it any more', async () => {
    const { metadata } = await own();
    const record = JSON.parse(metadata.annotations?.['registrymirror.io/pull-robot'] ?? '') as { issuedAt: number };
    const older = JSON.stringify({ ...record, issuedAt: record.issuedAt - 3_600_000 });
    await annotate('secret', metadata.name, `registrymirror.io/pull-robot=${older}`, '-n', NAMESPACE);
    await world().reconcile('team');
    expect(robots().map(({ name }) => name.slice(-2))).to.deep.equal(['-b']);
  });

  it('makes a robot anew that somebody deleted or disabled in Harbor', async () => {
    const [robot] = robots();
    await world().asAdmin('DELETE', `/robots/${String(robot?.id)}`);
    await world().reconcile('team');
    await eventually(async () => {
      const copy = (await pullSecrets(world())).find((secret) => secret.metadata.namespace === 'pull-a');
      expect(copy?.data).to.deep.equal((await own()).data);
      expect(await pullStatus(world(), REWRITTEN, copy && loginFor(REWRITTEN, copy))).to.equal(200);
    });
    expect(robots()).to.have.length(1);
  });

  it('goes to a new project without a Pod in between that could not pull', async () => {
    await world().apply('team', { ...spec, project: { public: false, name: 'team-two' } });
    const images = new Set<string>();
    const deadline = Date.now() + 20_000;
    // Each Pod on the way is looked at, and none is given a second chance: the old Secret stays for a while.
    while (!images.has('harbor.cache.test/team-two/app/web:1') && Date.now() < deadline) {
      const { image = '', secrets } = await newPod(world(), 'pull-a', IMAGE);
      const there = (await pullSecrets(world())).find(
        ({ metadata }) => metadata.namespace === 'pull-a' && secrets.includes(metadata.name),
      );
      expect(await pullStatus(world(), image, there && loginFor(image, there)), image).to.equal(200);
      images.add(image);
    }
    expect([...images]).to.deep.equal([REWRITTEN, 'harbor.cache.test/team-two/app/web:1']);
    await eventually(
      async () => {
        expect(await pullSecrets(world())).to.have.length(3);
        expect(robots()).to.have.length(1);
      },
      { timeoutMs: 15_000 },
    );
  });

  it('takes Secrets and robot away when Inject is switched off, after the policy', async () => {
    await world().apply('team', {
      ...spec,
      project: { public: true, name: 'team-two' },
      rewrite: { ...rewrite, pullSecret: 'None' },
    });
    await world().untilReady('team');
    await untilCopiesIn();
    await eventually(async () => {
      expect((await pullSecrets(world())).map(({ metadata }) => metadata.name)).to.deep.equal([]);
      expect(robots()).to.deep.equal([]);
    });
    expect(await newPod(world(), 'pull-a', IMAGE)).to.deep.equal({
      image: 'harbor.cache.test/team-two/app/web:1',
      secrets: [],
    });
  });

  it('takes Secrets and robot away with the mirror, also when Harbor keeps the rest', async () => {
    await world().apply('team', { ...spec, project: { public: false, name: 'team-two' } });
    await world().untilReady('team');
    await untilCopiesIn('pull-a', 'pull-new');
    await own();
    await world().delete('team');
    expect(await pullSecrets(world())).to.deep.equal([]);
    expect(robots()).to.deep.equal([]);
    expect(world().harbor.project('team-two')).to.not.equal(undefined);
  });

  it('works with every engine', async () => {
    for (const engine of ['MutatingAdmissionPolicy', 'MutatingPolicy', 'ClusterPolicy']) {
      await world().apply('team', { ...spec, rewrite: { ...rewrite, engine } });
      await world().until('team', 'Ready', 'True', undefined, 30_000);
      const { name } = (await own()).metadata;
      await eventually(async () => {
        expect(await newPod(world(), 'pull-a', IMAGE)).to.deep.equal({ image: REWRITTEN, secrets: [name] });
      });
      expect(robots()).to.have.length(1);
    }
  });

  it('lets a mirror go with Retain while Harbor is down, and says what is left there', async () => {
    await world().harbor.down();
    await world().until('team', 'Ready', 'False', 'HarborUnreachable');
    expect(await namespacesWithCopy(world())).to.deep.equal(['pull-a', 'pull-new']);
    await world().delete('team');
    expect(await pullSecrets(world())).to.deep.equal([]);
    await world().harbor.up();
    expect(robots()).to.have.length(1);
    const events = await kubectl('get', 'events.events.k8s.io', '-n', 'default', '-o', 'jsonpath={.items[*].note}');
    expect(events).to.include('a robot account for pulling from harbor.cache.test/team');
  });

  it('finds what it left when the mirror is applied again, and makes no second robot', async () => {
    await world().apply('team', spec);
    await world().until('team', 'Ready', 'True', undefined, 30_000);
    await untilCopiesIn('pull-a', 'pull-new');
    expect(robots()).to.have.length(1);
    expect(await pullStatus(world(), REWRITTEN, loginFor(REWRITTEN, await own()))).to.equal(200);
  });

  it('never shows a secret, in the log or in the cluster', async () => {
    const things = 'registrymirrors,events,clusterpolicies,configmaps';
    const shown = (await kubectl('get', things, '-A', '-o', 'yaml')) + JSON.stringify(world().operator.log());
    const passwords = seen.filter((password) => password !== '');
    expect(passwords).to.have.length.above(2);
    for (const password of passwords) {
      expect(shown).to.not.include(password);
      expect(shown).to.not.include(Buffer.from(password).toString('base64').slice(4, 20));
    }
  });
});
