import { expect } from 'chai';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { Informer } from '../../../../src/kubernetes/cache/informer.js';
import { isKubernetesError } from '../../../../src/kubernetes/errors.js';
import type { KubernetesObject, Resource } from '../../../../src/kubernetes/objects.js';
import { resourcePath } from '../../../../src/kubernetes/objects.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../stub-api-server.js';
import type { StubFault } from '../stub-api-server.js';

const THINGS: Resource = { group: 'example.org', version: 'v1', plural: 'things' };
const PATH = resourcePath(THINGS);
const QUICK = { timeoutMs: 4000, intervalMs: 5 };

describe('an informer of a collection that has several versions', () => {
  let server: StubApiServer;
  let informer: Informer<KubernetesObject>;
  let told: string[];
  let errors: unknown[];

  beforeEach(async () => {
    server = await new StubApiServer().start();
    told = [];
    errors = [];
  });
  afterEach(async () => {
    await informer.stop();
    await server.stop();
  });

  function open(olderVersions: readonly string[], neededField?: string): Informer<KubernetesObject> {
    const api = new KubernetesApi(server.kubeConfig());
    const things = { ...THINGS, olderVersions, ...(neededField === undefined ? {} : { neededField }) };
    const opened = new Informer<KubernetesObject>(api, things, {
      backoffMs: 10,
      onError: (error) => errors.push(error),
    });
    opened.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    return opened;
  }

  async function untilWatching(count: number): Promise<void> {
    await eventually(() => {
      expect(server.watchRequests.length).to.be.at.least(count);
      expect(server.openWatches).to.equal(1);
    }, QUICK);
  }

  it('reads the newest version that is served, and goes on in a newer one after an upgrade without missing the kind for a moment', async () => {
    const beta = resourcePath({ ...THINGS, version: 'v1beta1' });
    server.objects.create(beta, { metadata: { name: 'a' } });
    server.fault = ({ path }) => (path === beta ? undefined : { kind: 'Answer', status: 404 });
    informer = open(['v1beta2', 'v1beta1']);
    informer.start();
    await informer.synced();
    await untilWatching(1);
    expect(informer.resource.version).to.equal('v1beta1');

    for (const name of ['a', 'b']) server.objects.create(PATH, { metadata: { name } });
    server.fault = ({ path }) => (path === PATH ? undefined : { kind: 'Answer', status: 404 });
    server.endWatches('softly');
    await eventually(() => {
      expect(told).to.deep.equal(['ADDED a', 'DELETED a', 'ADDED a', 'ADDED b']);
    }, QUICK);
    await untilWatching(2);
    expect(informer.resource.version).to.equal('v1');
    expect(errors.filter((error) => isKubernetesError(error, 'notFound'))).to.deep.equal([]);
  });

  it('says that a kind is missing once no version of it is served', async () => {
    informer = open(['v1beta1']);
    informer.start();
    await informer.synced();
    await untilWatching(1);
    server.fault = () => ({ kind: 'Answer', status: 404 });
    server.endWatches('softly');
    await eventually(() => {
      expect(errors.some((error) => isKubernetesError(error, 'notFound'))).to.equal(true);
    }, QUICK);
  });

  it('takes a kind whose schema lacks the field that it needs for one that is missing, until the schema has it', async () => {
    const openApi = (properties: object): string => {
      const gvk = { 'x-kubernetes-group-version-kind': [{ kind: 'Thing' }] };
      return JSON.stringify({
        components: { schemas: { Thing: { ...gvk, properties: { spec: { properties } } } } },
      });
    };
    const things = { items: [], kind: 'ThingList', metadata: { resourceVersion: '100' } };
    let schema = openApi({ old: {} });
    let hash = 'old';
    const index = (): string =>
      JSON.stringify({
        paths: { 'apis/example.org/v1': { serverRelativeURL: `/openapi/v3/apis/example.org/v1?hash=${hash}` } },
      });
    const answer = (body: string): StubFault => ({ kind: 'Answer', status: 200, body });
    server.fault = ({ path, query }) => {
      if (path === '/openapi/v3') return answer(index());
      if (path.startsWith('/openapi')) return answer(schema);
      return query.has('watch') ? undefined : answer(JSON.stringify(things));
    };
    const reads = (wanted: string): number => server.requests.filter(({ path }) => path === wanted).length;
    informer = open([], 'spec.new');
    informer.start();
    await eventually(() => {
      expect(reads('/openapi/v3')).to.be.at.least(3);
    }, QUICK);
    expect(errors.every((error) => isKubernetesError(error, 'notFound'))).to.equal(true);
    expect(informer.hasSynced).to.equal(false);
    expect(reads('/openapi/v3/apis/example.org/v1'), 'the document, which is the same').to.equal(1);
    schema = openApi({ new: {} });
    hash = 'new';
    await eventually(() => {
      expect(informer.hasSynced).to.equal(true);
    }, QUICK);
  });
});
