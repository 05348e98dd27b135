import { expect } from 'chai';
import { startHarbor } from '../../harbor/index.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

const upstream = {
  type: 'docker-registry',
  url: 'https://private.example.org',
  credentialsSecretRef: { name: 'private' },
} as const;
const spec = { upstream, project: { public: true }, rewrite: { engine: 'None' } } as const;

describe('Credentials', function () {
  this.timeout(60_000);
  const world = useWorld();
  /** Of operators that have ended. */
  const logs: string[] = [];

  async function secret(
    name: string,
    password: string,
    labels: object = { 'registrymirror.io/credentials': 'upstream' },
    annotations: object = {},
    username = 'reader',
  ): Promise<void> {
    const stringData = { username, password };
    const metadata = { name, namespace: NAMESPACE, labels, annotations };
    await world().cluster.apply([
      { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/basic-auth', metadata, stringData },
    ]);
  }

  function passwordInHarbor(name: string): string | undefined {
    return world().harbor.endpoint(name)?.accessSecret;
  }

  it('waits for a Secret that isn’t there, and goes on when it is', async () => {
    await world().apply('private', spec);
    const waiting = await world().until('private', 'Ready', 'False', 'SecretNotFound');
    expect(waiting.message).to.include('registrymirror.io/credentials');
    await secret('private', 'first-password');
    await world().untilReady('private');
    expect(world().harbor.endpoint('private')?.accessKey).to.equal('reader');
    expect(passwordInHarbor('private')).to.equal('first-password');
  });

  it('carries a changed password to Harbor at once, once', async () => {
    world().harbor.resetCounts();
    await secret('private', 'second-password');
    await eventually(() => {
      expect(passwordInHarbor('private')).to.equal('second-password');
    });
    await world().reconcile('private');
    expect(world().harbor.count({ method: 'PUT', route: '/registries/{id}' })).to.equal(1);
  });

  it('keeps the old credentials while the upstream is down, says so, and writes the new ones when it is back', async () => {
    world().harbor.mapHost('private.example.org', { up: false });
    await secret('private', 'third-password');
    const down = await world().until('private', 'UpstreamReachable', 'False', 'UpstreamUnhealthy');
    expect(down.message).to.include('credentials').and.include('reach');
    expect(passwordInHarbor('private')).to.equal('second-password');
    expect((await world().condition('private', 'Ready'))?.status).to.equal('True');
    world().harbor.setUpstream('private.example.org', 'up');
    await eventually(() => {
      expect(passwordInHarbor('private')).to.equal('third-password');
    });
    await world().until('private', 'UpstreamReachable', 'True');
  });

  it('clears nothing when the Secret is deleted', async () => {
    await world().cluster.kubectl(['delete', 'secret', 'private', '-n', NAMESPACE]);
    await world().until('private', 'Ready', 'False', 'SecretNotFound');
    expect(passwordInHarbor('private')).to.equal('third-password');
    await secret('private', 'third-password');
    await world().untilReady('private');
  });

  it('repairs credentials that were edited in Harbor', async () => {
    const endpoint = world().harbor.endpoint('private');
    if (endpoint === undefined) throw new Error('not there');
    endpoint.accessKey = 'someone-else';
    await world().reconcile('private');
    await eventually(() => {
      expect(world().harbor.endpoint('private')?.accessKey).to.equal('reader');
    });
  });

  it('does not use a Secret without the label, for another use, or for a host that its annotation doesn’t name', async () => {
    await secret('unlabelled', 'x', {});
    await secret('for-harbor', 'x', { 'registrymirror.io/credentials': 'harbor' });
    const label = { 'registrymirror.io/credentials': 'upstream' };
    await secret('elsewhere', 'x', label, {
      'registrymirror.io/allowed-hosts': 'other.example.org, third.example.org',
    });
    await secret('here', 'password-of-here', label, {
      'registrymirror.io/allowed-hosts': 'other.example.org, private.example.org',
    });
    const refer = async (name: string): Promise<void> =>
      world().apply(name, { ...spec, upstream: { ...upstream, credentialsSecretRef: { name } } });
    for (const name of ['unlabelled', 'for-harbor', 'elsewhere', 'here']) await refer(name);
    await world().until('unlabelled', 'Ready', 'False', 'SecretNotFound');
    await world().until('for-harbor', 'Stalled', 'True', 'SecretNotAllowed');
    await world().until('elsewhere', 'Stalled', 'True', 'SecretNotAllowed');
    await world().untilReady('here');
    expect(world().harbor.endpoint('elsewhere')).to.equal(undefined);
  });

  it('lets nobody refer to a Secret of the operator’s own, and sends none to a url of somebody’s choice', async () => {
    const elsewhere = await startHarbor({ unmappedHealthy: true });
    const { username, password } = world().harbor.admin;
    const label = { 'registrymirror.io/credentials': 'harbor' };
    const annotations = { 'registrymirror.io/allowed-hosts': `${elsewhere.url}, ${world().harbor.url}` };
    await secret('operators-own', password, label, annotations, username);
    logs.push(world().operator.output());
    await world().killOperator();
    await world().startOperator({
      env: { HARBOR_USERNAME: '', HARBOR_PASSWORD: '', HARBOR_CREDENTIALS_SECRET: 'operators-own', MINT_ROBOT: 'true' },
    });
    // The minted robot's Secret is there once a mirror works with it.
    await world().apply('minted', { upstream: { type: 'quay' }, rewrite: { engine: 'None' } });
    await world().untilReady('minted');
    const names = ['operators-own', 'registry-mirror-operator-robot', 'registry-mirror-operator-key'];
    for (const [index, name] of names.entries()) {
      const harbor = { credentialsSecretRef: { name } };
      const thieves = {
        [`thief-${index}`]: { ...spec, harbor: { ...harbor, url: elsewhere.url } },
        [`home-${index}`]: { ...spec, harbor: { ...harbor, url: world().harbor.url } },
        [`ca-${index}`]: { ...spec, upstream: { ...upstream, caCertificateSecretRef: { name } } },
        [`upstream-${index}`]: {
          ...spec,
          upstream: { ...upstream, url: elsewhere.url, credentialsSecretRef: { name } },
        },
      };
      for (const [thief, bySpec] of Object.entries(thieves)) await world().apply(thief, bySpec);
      for (const thief of Object.keys(thieves)) {
        const { message } = await world().until(thief, 'Stalled', 'True', 'SecretNotAllowed');
        expect(message).to.include(`Secret ${name} is the operator's own`);
      }
    }
    expect(elsewhere.calls).to.deep.equal([]);
    await elsewhere.stop();
  });

  it('never shows a password, in the log or in the cluster', async () => {
    const things = 'registrymirrors,events,clusterpolicies,configmaps';
    const { stdout } = await world().cluster.kubectl(['get', things, '-A', '-o', 'yaml']);
    const descriptions = world()
      .harbor.endpoints()
      .map(({ description }) => description);
    const shown = [stdout, ...logs, world().operator.output(), ...descriptions].join('\n');
    for (const known of ['private', 'minted', 'SecretNotFound']) expect(shown).to.include(known);
    const { password } = world().harbor.admin;
    for (const each of ['first-password', 'second-password', 'third-password', 'password-of-here', password]) {
      expect(shown).to.not.include(each);
      // Wherever in a longer text it stands, this part of it is the same at one of three places.
      for (const before of ['', ':', '::']) {
        const encoded = Buffer.from(before + each).toString('base64');
        expect(shown).to.not.include(encoded.slice(4, -4));
      }
    }
  });
});

describe('Two mirrors, one host', function () {
  this.timeout(60_000);
  const world = useWorld();

  it('stops the newer one, and lets it go on when the older one goes', async () => {
    await world().apply('older', { upstream: { type: 'quay' } });
    await world().untilReady('older');
    await world().apply('newer', { upstream: { type: 'quay' } });
    const stalled = await world().until('newer', 'Stalled', 'True', 'HostConflict');
    expect(stalled.message).to.include('older').and.include('quay.io');
    await world().delete('older');
    await world().untilReady('newer');
    await world().untilImage('quay.io/a/b:1', 'harbor.cache.test/newer/a/b:1');
  });

  it('does not displace a mirror that serves by an edit of an older one', async () => {
    await world().apply('first', { upstream: { type: 'docker-registry', url: 'https://first.example.org' } });
    await world().untilReady('first');
    await world().apply('second', { upstream: { type: 'docker-registry', url: 'https://second.example.org' } });
    await world().untilReady('second');
    const hosts = ['first.example.org', 'second.example.org'];
    await world().apply('first', { upstream: { type: 'docker-registry', url: 'https://first.example.org', hosts } });
    await world().until('first', 'Stalled', 'True', 'HostConflict');
    expect(await world().imageOfNewPod('second.example.org/a:1')).to.equal('harbor.cache.test/second/a:1');
  });

  it('refuses a host that is where nodes pull from Harbor', async () => {
    const hosts = ['harbor.cache.test'];
    await world().apply('loop', { upstream: { type: 'docker-registry', url: 'https://loop.example.org', hosts } });
    await world().until('loop', 'Stalled', 'True', 'HostIsHarbor');
  });

  it('tells them apart by the longest literal prefix', async () => {
    const rewrite = { repositories: { include: ['team/**'] } };
    await world().apply('team', { upstream: { type: 'quay' }, rewrite });
    await world().untilReady('team');
    await world().untilImage('quay.io/team/b:1', 'harbor.cache.test/team/team/b:1');
    expect(await world().imageOfNewPod('quay.io/other/b:1')).to.equal('harbor.cache.test/newer/other/b:1');
  });
});
