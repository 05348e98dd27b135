import { expect } from 'chai';
import { FINALIZER } from '../../../../src/api/group.js';
import type { ObjectMeta } from '../../../../src/api/object-meta.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import { OperatorCluster } from '../../../../src/controller/watches/cluster.js';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { resourcePath } from '../../../../src/kubernetes/objects.js';
import { createLog } from '../../../../src/log.js';
import { MIRRORS } from '../../../../src/mirror/resource.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../../kubernetes/stub-api-server.js';
import { mirror } from '../../mirror/mirror.js';

const PATH = resourcePath(MIRRORS);
const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const HELD: Partial<ObjectMeta> = { finalizers: ['another', FINALIZER] };

/** What a deletion says that is held up. */
function waiting(reason: string, message: string): RegistryMirrorStatus {
  const times = { lastTransitionTime: '2026-01-02T00:00:00Z', observedGeneration: 2 };
  return { observedGeneration: 2, conditions: [{ ...times, type: 'Ready', status: 'False', reason, message }] };
}

describe('a mirror that the API server deletes although it has the finalizer', () => {
  let server: StubApiServer;
  let cluster: OperatorCluster;

  const create = (metadata: Partial<ObjectMeta> = HELD): void => {
    server.objects.create(PATH, mirror('a', { metadata }));
  };
  /** The mirrors that there is something to do for. */
  const toSeeTo = (): readonly string[] => cluster.mirrorsToSeeTo().map(({ metadata }) => metadata.name);
  const known = (): RegistryMirror => {
    const object = cluster.mirror('a');
    if (object === undefined) throw new Error('It is not known.');
    return object;
  };
  const untilSeen = async (seen: 'there' | 'gone'): Promise<void> => {
    await eventually(() => {
      expect(cluster.mirrors()).to.have.length(seen === 'there' ? 1 : 0);
    });
  };
  const remove = async (): Promise<void> => {
    server.objects.remove(PATH, 'a');
    await untilSeen('gone');
  };

  beforeEach(async () => {
    server = await new StubApiServer().start();
    const names = { namespace: 'operator', keySecret: 'key', ownSecrets: new Set<string>(), instance: 'test' };
    cluster = new OperatorCluster({ api: new KubernetesApi(server.kubeConfig()), log: createLog('error'), ...names });
    cluster.mirrorInformer.start();
    await cluster.mirrorInformer.synced();
    await eventually(() => {
      expect(server.openWatches).to.equal(1);
    });
  });
  afterEach(async () => {
    await cluster.mirrorInformer.stop();
    await server.stop();
  });

  it('is dealt with as one that is being deleted, until it is let go of', async () => {
    create();
    await untilSeen('there');
    await remove();
    const overtaken = known();
    expect(overtaken.metadata.deletionTimestamp).to.be.a('string');
    expect(overtaken.metadata.finalizers).to.deep.equal(HELD.finalizers);
    expect(toSeeTo()).to.deep.equal(['a']);
    await cluster.writeStatus(overtaken, { observedGeneration: 2 });
    await cluster.setFinalizers(overtaken, ['another']);
    expect(server.requestsOf('PATCH')).to.deep.equal([]);
    expect([cluster.mirror('a'), toSeeTo()]).to.deep.equal([undefined, []]);
  });

  it('says by Events what its deletion waits for, each thing once', async () => {
    create();
    await untilSeen('there');
    await remove();
    const down = waiting('HarborUnreachable', 'It is down.');
    const refuses = waiting('HarborPermissionMissing', 'It refuses.');
    for (const status of [down, down, refuses]) await cluster.writeStatus(known(), status);
    expect(known().status).to.deep.equal(refuses);
    const told = server.objects.list(EVENTS) as readonly object[];
    expect(told.map((event) => ('reason' in event ? event.reason : undefined))).to.deep.equal([
      'HarborUnreachable',
      'HarborPermissionMissing',
    ]);
    expect(told.at(-1))
      .to.deep.include({ type: 'Warning' })
      .and.have.property('note')
      .that.matches(/apply it again/);
  });

  it('is told to be gone to a look that began before it went, and that has a status to write', async () => {
    create();
    await untilSeen('there');
    const before = known();
    await remove();
    const error: unknown = await cluster
      .writeStatus(before, { observedGeneration: 2 })
      .catch((reason: unknown) => reason);
    expect(error).to.have.property('kind', 'notFound');
  });

  it('stays one where a look that had begun before writes its finalizer once more', async () => {
    create();
    await untilSeen('there');
    const before = known();
    await remove();
    const error: unknown = await cluster.setFinalizers(before, [FINALIZER]).catch((reason: unknown) => reason);
    expect(error).to.have.property('kind', 'notFound');
    expect(toSeeTo()).to.deep.equal(['a']);
  });

  it('hands what it has over to a new one of its name', async () => {
    create();
    await untilSeen('there');
    await remove();
    create({ labels: { is: 'new' } });
    await untilSeen('there');
    expect(known().metadata.deletionTimestamp).to.equal(undefined);
    expect(toSeeTo()).to.deep.equal(['a']);
    await remove();
    expect(cluster.mirror('a')).to.equal(undefined);
  });

  const others: Readonly<Record<string, Partial<ObjectMeta>>> = {
    'was held up, and let go of by its operator': { ...HELD, deletionTimestamp: '2026-01-02T00:00:00Z' },
    'had no finalizer of ours': { finalizers: ['another'] },
  };
  for (const [sentence, metadata] of Object.entries(others)) {
    it(`is not one that ${sentence}`, async () => {
      create(metadata);
      await untilSeen('there');
      await remove();
      expect(cluster.mirror('a')).to.equal(undefined);
    });
  }

  it('is not one that only a list lacks: nobody saw how it went', async () => {
    create();
    await untilSeen('there');
    server.fault = ({ query }) => (query.has('watch') ? { kind: 'Reset' } : undefined);
    server.endWatches('hard');
    server.objects.remove(PATH, 'a');
    server.objects.compact();
    server.fault = () => undefined;
    await untilSeen('gone');
    expect(cluster.mirror('a')).to.equal(undefined);
  });

  it('is not one that a list lacked while a write of it was under way: somebody may have taken its finalizer away', async () => {
    create();
    await untilSeen('there');
    const answer = known();
    await cluster.mirrorInformer.write('a', async () => {
      server.endWatches('hard');
      server.objects.replace(PATH, 'a', { metadata: { name: 'a', finalizers: [] } });
      server.objects.remove(PATH, 'a');
      server.objects.compact();
      await eventually(() => {
        const watch = server.watchRequests.at(-1);
        expect(watch?.query.get('resourceVersion')).to.equal(String(server.objects.version));
      });
      return answer;
    });
    expect([cluster.mirrors(), toSeeTo()]).to.deep.equal([[], []]);
  });
});
