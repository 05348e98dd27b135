import { expect } from 'chai';
import { ANNOTATIONS, LABELS } from '../../../src/api/group.js';
import type { Secret } from '../../../src/credentials/secrets.js';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { Informer } from '../../../src/kubernetes/cache/informer.js';
import { mirrorsOf, pullSecretObject } from '../../../src/pull-secrets/pull-secret.js';
import { PullWatches } from '../../../src/pull-secrets/watches.js';
import { eventually } from '../../support/wait.js';
import { StubApiServer } from '../kubernetes/stub-api-server.js';
import { injecting, OWN_NAMESPACE } from './pull-world.js';

describe('the watches for pull Secrets', () => {
  let server: StubApiServer;
  let watches: PullWatches;
  let secrets: Informer<Secret>;

  beforeEach(async () => {
    server = await new StubApiServer().start();
    const api = new KubernetesApi(server.kubeConfig());
    const own = { group: '', version: 'v1', plural: 'secrets', namespace: OWN_NAMESPACE };
    secrets = new Informer<Secret>(api, own, { onError: () => undefined, indexedBy: mirrorsOf });
    watches = new PullWatches({
      api,
      namespace: OWN_NAMESPACE,
      secrets,
      mirrors: () => [],
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      onChange: () => undefined,
    });
  });

  afterEach(async () => {
    await watches.unwatch();
    server.endWatches('hard');
    await secrets.stop();
    await server.stop();
  });

  it('are ready once all has been read', async () => {
    expect(await watches.watch()).to.equal('ready');
    expect(watches.access).to.equal('ready');
  });

  it('are told of with what keeps them from being read, but for what the operator may not read', async () => {
    server.fault = ({ path }) =>
      path === '/api/v1/namespaces' ? { kind: 'Reset' } : { kind: 'Answer', status: 403, body: '{}' };
    expect(await watches.watch()).to.equal('forbidden');
    await eventually(() => {
      const told = watches.collections().map(({ what, informer }) => [what, informer.trouble !== undefined]);
      expect(told).to.deep.equal([['namespaces', true]]);
    });
  });

  it('are not taken for read by a look that waits for them while another one ends them', async () => {
    const watching = watches.watch();
    await watches.unwatch();
    expect(await watching).to.equal('starting');
    expect(await watches.watch()).to.equal('ready');
  });

  it('tell a mirror’s pull Secrets and copies from each other, and from those of others', async () => {
    const record = { harbor: 'https://h', projectId: 1, robotId: 2, pullPrefix: 'h/team', issuedAt: 0 };
    const place = (namespace: string, name: string, labels: Readonly<Record<string, string>>): void => {
      const secret = pullSecretObject(injecting(), namespace, record, { username: 'robot', password: 'one' });
      const metadata = { ...secret.metadata, name, labels };
      server.objects.create(`/api/v1/namespaces/${namespace}/secrets`, { ...secret, metadata });
      server.objects.create('/api/v1/secrets', { ...secret, metadata });
    };
    const { labels = {} } = pullSecretObject(injecting(), 'a', record, { username: 'robot', password: 'one' }).metadata;
    place(OWN_NAMESPACE, 'own', labels);
    place(OWN_NAMESPACE, 'login', { [LABELS.credentials]: 'harbor' });
    place('a', 'copy', labels);
    secrets.start();
    await secrets.synced();
    await watches.watch();
    const names = (found: readonly Secret[]): readonly string[] => found.map(({ metadata }) => metadata.name);
    expect(names(watches.pullSecretsOf('team'))).to.deep.equal(['own']);
    expect(names(watches.copiesOf('team'))).to.deep.equal(['copy']);
    expect([watches.pullSecretsOf('other'), watches.copiesOf('other')]).to.deep.equal([[], []]);
  });

  describe('write a pull Secret of the operator’s namespace', () => {
    const record = { harbor: 'https://h', projectId: 1, robotId: 2, pullPrefix: 'h/team', issuedAt: 0 };
    const secret = (password: string): Secret =>
      pullSecretObject(injecting(), OWN_NAMESPACE, record, { username: 'robot', password });
    const path = `/api/v1/namespaces/${OWN_NAMESPACE}/secrets`;
    const { metadata, ...rest } = secret('old');

    it('over one that is there and not seen, since somebody has taken its label away', async () => {
      server.objects.create(path, { ...rest, metadata: { ...metadata, labels: {} } });
      await watches.keep(secret('new'));
      const written = server.objects.get(path, metadata.name);
      expect(written.metadata.labels?.[LABELS.credentials]).to.equal('pull');
      expect(written).to.have.property('data').that.deep.equals(secret('new').data);
    });

    it('anew where the API server refuses to change it, since somebody has made it immutable', async () => {
      const was = server.objects.create(path, secret('old'));
      secrets.start();
      await secrets.synced();
      server.fault = ({ method }) => (method === 'PATCH' ? { kind: 'Answer', status: 422, body: '{}' } : undefined);
      await watches.keep(secret('new'));
      const written = server.objects.get(path, metadata.name);
      expect(written.metadata.uid).to.not.equal(was.metadata.uid);
      expect(written).to.have.property('data').that.deep.equals(secret('new').data);
      expect(secrets.get(metadata.name)?.metadata.uid).to.equal(written.metadata.uid);
    });

    it('never over one that is seen and is for something else', async () => {
      const labels = { [LABELS.credentials]: 'harbor' };
      server.objects.create(path, { ...rest, metadata: { ...metadata, labels, annotations: {} } });
      secrets.start();
      await secrets.synced();
      expect(await watches.isTaken(metadata.name, 'team')).to.equal(true);
      const error: unknown = await watches.keep(secret('new')).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('kind', 'alreadyExists');
      expect(server.objects.get(path, metadata.name)).to.have.property('data').that.deep.equals(rest.data);
    });

    for (const [whose, annotations] of [
      ['somebody else’s', {}],
      ['another mirror’s', { ...metadata.annotations, [ANNOTATIONS.mirror]: 'another' }],
    ] as const) {
      it(`not over ${whose}`, async () => {
        server.objects.create(path, { ...rest, metadata: { ...metadata, labels: {}, annotations } });
        const error: unknown = await watches.keep(secret('new')).catch((thrown: unknown) => thrown);
        expect(error).to.have.property('kind', 'alreadyExists');
        expect(server.objects.get(path, metadata.name)).to.have.property('data').that.deep.equals(rest.data);
      });
    }
  });

  describe('touch no Secret of somebody else’s that has the name by now', () => {
    const record = { harbor: 'https://h', projectId: 1, robotId: 2, pullPrefix: 'h/team', issuedAt: 0 };
    const ours = (namespace: string): Secret =>
      pullSecretObject(injecting(), namespace, record, { username: 'robot', password: 'one' });

    /** @returns ours as it was before somebody deleted it and made another one */
    function exchanged(namespace: string): Secret {
      const path = `/api/v1/namespaces/${namespace}/secrets`;
      const { name } = ours(namespace).metadata;
      const was: Secret = server.objects.create(path, ours(namespace));
      server.objects.remove(path, name);
      server.objects.create(path, { metadata: { name, namespace } });
      return was;
    }

    for (const [what, namespace, write] of [
      ['where a pull Secret is dropped', OWN_NAMESPACE, (was) => watches.drop(was)],
      ['where a copy is deleted', 'apps', (was) => watches.carryOut({ kind: 'DeleteCopy', copy: was })],
      [
        'where a pull Secret is written that the watch has told of',
        OWN_NAMESPACE,
        async (was) => {
          secrets.observe(was);
          await watches.keep(ours(OWN_NAMESPACE));
        },
      ],
      [
        'where a copy is written',
        'apps',
        (was) => watches.carryOut({ kind: 'UpdateCopy', copy: ours('apps'), from: was }),
      ],
    ] satisfies readonly (readonly [string, string, (was: Secret) => Promise<void>])[]) {
      it(what, async () => {
        const was = exchanged(namespace);
        const error: unknown = await write(was).catch((thrown: unknown) => thrown);
        expect(error).to.have.property('kind', 'conflict');
        const { name } = was.metadata;
        expect(server.objects.get(`/api/v1/namespaces/${namespace}/secrets`, name)).to.not.have.property('data');
      });
    }
  });
});
