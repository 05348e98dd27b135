import { createServer, request as forward } from 'node:http';
import type { Server } from 'node:http';
import { expect } from 'chai';
import { LABELS } from '../../../src/api/group.js';
import { selfSigned } from '../../harbor/certificate.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { harborSecret } from '../../support/harbor-secret.js';
import { portOf } from '../../support/ports.js';
import { eventually } from '../../support/wait.js';
import { startRawServer } from '../../support/raw-server.js';
import { useBareWorld } from '../bare-world.js';

const upstream = { type: 'docker-registry', url: 'https://registry.example.org' } as const;
const none = { rewrite: { engine: 'None' }, upstream } as const;

describe('Several Harbors', function () {
  this.timeout(60_000);
  const world = useBareWorld();
  const { cert, key } = selfSigned('127.0.0.1');
  let second: HarborStandIn;

  async function secret(
    name: string,
    stringData: Readonly<Record<string, string>>,
    allowedHosts?: string,
  ): Promise<void> {
    await world().cluster.apply([harborSecret(name, stringData, allowedHosts)]);
  }

  before(async () => {
    second = await startHarbor({ unmappedHealthy: true, tls: { cert, key } });
    await secret('second', { ...second.addRobot('operator') }, new URL(second.url).host);
    await secret('second-ca', { 'ca.crt': cert });
    await secret('wrong-ca', { 'ca.crt': selfSigned('127.0.0.1').cert });
  });
  after(async () => second.stop());

  const onSecond = (caSecret = 'second-ca'): object => ({
    url: second.url,
    pullHost: 'second.cache.test:8443',
    credentialsSecretRef: { name: 'second' },
    caCertificateSecretRef: { name: caSecret },
  });

  it('works with a Harbor that has credentials and a CA of its own, and that nodes pull from by another name', async () => {
    await world().apply('there', { ...none, harbor: onSecond() });
    await world().apply('here', { ...none, upstream: { ...upstream, hosts: ['here.example.org'] } });
    await world().untilReady('there');
    await world().untilReady('here');
    expect((await world().get('there')).status).to.deep.include({ pullPrefix: 'second.cache.test:8443/there' });
    expect(second.projects().map(({ name }) => name)).to.have.members(['library', 'there']);
    expect(world().harbor.project('there')).to.equal(undefined);
    expect(world().harbor.project('here')).to.not.equal(undefined);
  });

  it('says that the certificate isn’t trusted and what to give, and goes on when it is', async () => {
    await world().apply('distrusted', { ...none, harbor: onSecond('wrong-ca') });
    const { message } = await world().until('distrusted', 'Ready', 'False', 'HarborUnreachable');
    expect(message).to.include('certificate');
    await secret('wrong-ca', { 'ca.crt': cert });
    await world().untilReady('distrusted');
  });

  it('warns of a Harbor that runs in a namespace whose Pods are rewritten, unless the namespace opts out', async () => {
    const labelled = (labels: object): object => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'registry', labels },
    });
    await world().cluster.apply([labelled({})]);
    await secret('inside', { username: 'robot$operator', password: 'x' }, 'core.registry.svc');
    const harbor = {
      url: 'https://core.registry.svc',
      pullHost: 'registry.test',
      credentialsSecretRef: { name: 'inside' },
    };
    const spec = { upstream: { ...upstream, hosts: ['inside.example.org'] }, harbor };
    await world().apply('inside', { ...spec, rewrite: { engine: 'MutatingAdmissionPolicy' } });
    const { message } = await world().until('inside', 'NamespacesExcluded', 'False', 'NamespaceNotExcluded');
    expect(message).to.include('Add registry to EXCLUDED_NAMESPACES');
    await world().cluster.apply([labelled({ [LABELS.rewrite]: 'disabled' })]);
    // The operator reads labels every ten seconds at most.
    await eventually(
      async () => {
        await world().reconcile('inside');
        expect(await world().condition('inside', 'NamespacesExcluded')).to.equal(undefined);
      },
      { timeoutMs: 40_000, message: 'the label to be seen' },
    );
  });

  it('refuses a CA that is no certificate, in words', async () => {
    await secret('no-ca', { 'ca.crt': 'nonsense' });
    await world().apply('nonsense', { ...none, harbor: onSecond('no-ca') });
    const { message } = await world().until('nonsense', 'Stalled', 'True', 'HarborNotConfigured');
    expect(message.toLowerCase()).to.include('certificate');
  });

  it('says that Harbor refuses the credentials, and connects at once when the Secret is changed', async () => {
    const [robot] = second.robots();
    if (robot === undefined) throw new Error('not there');
    robot.secret = 'Rotated-by-someone-1';
    await world().reconcile('there');
    const { message } = await world().until('there', 'Ready', 'False');
    expect(message).to.match(/401|credentials/);
    await secret('second', { username: 'robot$operator', password: robot.secret }, new URL(second.url).host);
    await world().untilReady('there');
    expect((await world().condition('here', 'Ready'))?.status).to.equal('True');
  });

  it('sends no Secret to a url that it isn’t for, and says what to write', async () => {
    const elsewhere = await startRawServer((_, response) => response.end('[]'));
    try {
      const { host } = new URL(elsewhere.url);
      await secret('unbound', { username: 'robot$operator', password: 'x' });
      await secret('for-https', { username: 'robot$operator', password: 'x' }, host);
      for (const name of ['unbound', 'for-https', 'second']) {
        const harbor = { url: elsewhere.url, pullHost: 'elsewhere.test', credentialsSecretRef: { name } };
        await world().apply(`by-${name}`, { ...none, harbor });
        const { message } = await world().until(`by-${name}`, 'Stalled', 'True', 'SecretNotAllowed');
        expect(message).to.include('registrymirror.io/allowed-hosts').and.include(elsewhere.url);
      }
      expect(elsewhere.requests).to.have.length(0);
    } finally {
      await elsewhere.close();
    }
  });

  it('follows no redirect: the credentials stay', async () => {
    const target = await startRawServer((_, response) => response.end('[]'));
    const moved = await startRawServer((request, response) => {
      response.writeHead(307, { Location: `${target.url}${request.url ?? ''}` }).end();
    });
    try {
      await secret('elsewhere', { username: 'robot$operator', password: 'x' }, moved.url);
      const harbor = { url: moved.url, pullHost: 'moved.test', credentialsSecretRef: { name: 'elsewhere' } };
      await world().apply('moved', { ...none, harbor });
      const { message } = await world().until('moved', 'Ready', 'False');
      expect(message).to.include('redirect');
      expect(target.requests).to.have.length(0);
    } finally {
      await Promise.all([moved.close(), target.close()]);
    }
  });

  describe('behind a proxy of the environment', () => {
    let proxy: Server;
    const asked: string[] = [];

    before(async () => {
      proxy = createServer((incoming, response) => {
        const { method, url = '', headers } = incoming;
        asked.push(url);
        const outgoing = forward(url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        outgoing.on('error', () => response.destroy());
        incoming.pipe(outgoing);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      await world().operator.stop();
      const env = { HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}` };
      await world().startOperator({ env });
    });
    after(async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    });

    it('goes through it to Harbor', async () => {
      await world().apply('proxied', { ...none, upstream: { ...upstream, hosts: ['proxied.example.org'] } });
      await world().untilReady('proxied');
      await eventually(() => {
        expect(asked).to.include(`${world().harbor.url}/api/v2.0/projects`);
      });
    });
  });
});

describe('A Harbor under a path', function () {
  this.timeout(60_000);
  const world = useBareWorld({ harbor: { basePath: '/harbor' } });

  it('works as the operator’s own', async () => {
    expect(new URL(world().harbor.url).pathname).to.equal('/harbor');
    await world().apply('below', none);
    await world().untilReady('below');
    expect(world().harbor.project('below')).to.not.equal(undefined);
    expect((await world().get('below')).status.harbor?.url).to.equal(world().harbor.url);
  });
});
