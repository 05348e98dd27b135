import { expect } from 'chai';
import { startApiProxy } from '../../cluster/api-proxy.js';
import type { ApiProxy } from '../../cluster/api-proxy.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { Cutter, describePoint } from './cut.js';
import type { Cut, Point, Recording } from './cut.js';

const GIB = 1024 ** 3;
const spec = {
  upstream: {
    type: 'docker-registry',
    url: 'https://registry.example.org',
    credentialsSecretRef: { name: 'crash-login' },
  },
  project: { public: true, storageQuota: '5Gi', retention: { daysSinceLastPull: 30 } },
  deletionPolicy: 'Delete',
} as const;

const login = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'crash-login', namespace: NAMESPACE, labels: { 'registrymirror.io/credentials': 'upstream' } },
  type: 'kubernetes.io/basic-auth',
  stringData: { username: 'someone', password: 'pass-word-1' },
};

const harbor = (write: string): Point => ({ at: 'Harbor', write });
const api = (write: string): Point => ({ at: 'the API server', write });

/** The last two writes of a creation, in this order. */
const STATUS = api('PATCH registrymirrors/status');
const EVENT = api('POST events');

/** All writes of a creation; the first test sees that no other happens. */
const CREATION: readonly Point[] = [
  api('PATCH registrymirrors'),
  api('POST secrets'),
  harbor('POST /registries'),
  harbor('POST /projects'),
  harbor('PUT /retentions/{id}'),
  api('PATCH clusterpolicies'),
  STATUS,
  EVENT,
];

/** All writes of a deletion. */
const DELETION: readonly Point[] = [
  api('PATCH clusterpolicies'),
  api('DELETE clusterpolicies'),
  harbor('DELETE /projects/{project_name}/repositories/{repository_name}'),
  harbor('DELETE /projects/{project_name_or_id}'),
  harbor('DELETE /registries/{id}'),
  api('PATCH registrymirrors'),
  EVENT,
];

/** Says in its message what was written. */
function expectWrites({ points }: Recording, expected: readonly Point[]): void {
  const written = points.map(describePoint);
  expect(written, `the writes were ${written.join(', ')}`).to.have.members(expected.map(describePoint));
}

/** The Event of what became of a mirror comes after its status. One that came before is of the mirror that had the name before. */
function expectEventAfterStatus({ points }: Recording): void {
  const written = points.map(describePoint);
  const status = written.indexOf(describePoint(STATUS));
  expect(status, `the writes were ${written.join(', ')}`).to.be.at.least(0);
  expect(written.slice(status)).to.include(describePoint(EVENT));
}

const CUTS: readonly Cut[] = ['kill -9', 'lost answer'];

describe('the operator, cut off after any single write', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  let proxy: ApiProxy;
  let kubeconfig: string;
  let cutter: Cutter;

  before(async () => {
    proxy = await startApiProxy(world().cluster);
    const direct = await world().cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    kubeconfig = await proxy.kubeconfigFor(direct);
    cutter = new Cutter(world(), proxy);
    await world().cluster.apply([login]);
  });
  after(async () => {
    await world().killOperator();
    await world().cluster.kubectl(['delete', 'secret', 'crash-login', '-n', NAMESPACE]);
    await proxy.stop();
  });

  // What a failed test leaves must not fail the next.
  afterEach(async () => {
    world().harbor.clearFaults();
    if ((await world().cluster.api.send('GET', `${MIRRORS}/crash`)).status === 404) return;
    await world().killOperator();
    await start();
    await world().delete('crash');
  });

  const start = async (): Promise<void> => world().startOperator({ kubeconfig });
  /** As on a cluster where the operator never ran. */
  const startForTheFirstTime = async (): Promise<void> => {
    await world().killOperator();
    const key = ['delete', 'secret', 'registry-mirror-operator-key', '-n', NAMESPACE, '--ignore-not-found'];
    await world().cluster.kubectl(key);
    await start();
  };
  const policies = async (): Promise<readonly { metadata: { annotations: Record<string, string> } }[]> => {
    const path = '/apis/kyverno.io/v1/clusterpolicies';
    return (
      await world().cluster.api.json<{ items: { metadata: { annotations: Record<string, string> } }[] }>('GET', path)
    ).items;
  };

  /** The operator has looked again and is content: exactly one of everything, as the spec has it. */
  const expectWhole = async (): Promise<void> => {
    await world().untilReady('crash');
    await world().reconcile('crash');
    await world().untilReady('crash');
    const endpoints = world().harbor.endpoints();
    const projects = world()
      .harbor.projects()
      .filter(({ name }) => name !== 'library');
    expect(endpoints.map(({ name }) => name)).to.deep.equal(['crash']);
    expect(projects.map(({ name, registryId }) => [name, registryId])).to.deep.equal([['crash', endpoints[0]?.id]]);
    expect(endpoints[0]).to.include({ accessKey: 'someone', accessSecret: 'pass-word-1' });
    expect(world().harbor.quotaOf('crash')?.hard).to.equal(5 * GIB);
    expect(JSON.stringify(world().harbor.retentionOf('crash')?.rules)).to.include('"nDaysSinceLastPull":30');
    const found = await policies();
    expect(found).to.have.length(1);
    expect(JSON.parse(found[0]?.metadata.annotations['registrymirror.io/mirrors'] ?? '')).to.have.length(1);
    expect(await world().imageOfNewPod('registry.example.org/a:1')).to.equal('harbor.cache.test/crash/a:1');
  };

  const expectNothingInHarbor = (): void => {
    expect(world().harbor.endpoints()).to.deep.equal([]);
    expect(
      world()
        .harbor.projects()
        .map(({ name }) => name),
    ).to.deep.equal(['library']);
  };

  const expectGone = async (): Promise<void> => {
    await eventually(
      async () => {
        expect((await world().cluster.api.send('GET', `${MIRRORS}/crash`)).status).to.equal(404);
      },
      { timeoutMs: 20_000, message: 'the mirror to go' },
    );
    expectNothingInHarbor();
    // It goes once it is seen to rewrite nothing any more.
    await eventually(async () => {
      expect(await policies()).to.deep.equal([]);
    });
    expect(await world().imageOfNewPod('registry.example.org/a:1')).to.equal('registry.example.org/a:1');
  };

  const startDeletion = async (): Promise<void> => {
    await world().cluster.api.json('DELETE', `${MIRRORS}/crash`);
  };

  /** A ready mirror whose project has an image in its cache. */
  const createWithCache = async (): Promise<void> => {
    await world().apply('crash', spec);
    await world().untilReady('crash');
    const project = world().harbor.project('crash');
    if (project === undefined) throw new Error('There is no project.');
    const { repositories } = world().harbor.state;
    const time = new Date().toISOString();
    const times = { createdAt: time, updatedAt: time };
    repositories.put({
      id: repositories.nextId(),
      projectId: project.id,
      name: 'crash/a/b',
      artifacts: [],
      pullCount: 1,
      ...times,
    });
  };

  describe('while it creates a mirror', () => {
    it('writes this, and nothing else', async () => {
      await startForTheFirstTime();
      const recorded = cutter.record();
      await world().apply('crash', spec);
      await world().untilReady('crash');
      await eventually(() => {
        expectEventAfterStatus(recorded);
      });
      recorded.end();
      expectWrites(recorded, CREATION);
      await world().delete('crash');
    });

    for (const cut of CUTS) {
      for (const point of CREATION) {
        it(`ends with exactly one of everything: ${cut} after ${point.write} at ${point.at}`, async () => {
          if (point.write === 'POST secrets') await startForTheFirstTime();
          const happened = cutter.at(point, cut);
          await world().apply('crash', spec);
          await happened;
          if (cut === 'kill -9') await start();
          await expectWhole();
          await world().delete('crash');
          expectNothingInHarbor();
        });
      }
    }
  });

  describe('while it deletes a mirror', () => {
    it('writes this, and nothing else', async () => {
      const before = cutter.record();
      await createWithCache();
      await eventually(() => {
        expectEventAfterStatus(before);
      });
      before.end();
      const recorded = cutter.record();
      await world().delete('crash');
      await eventually(() => {
        expectWrites(recorded, DELETION);
      });
      recorded.end();
    });

    for (const cut of CUTS) {
      for (const point of DELETION) {
        it(`ends with nothing left: ${cut} after ${point.write} at ${point.at}`, async () => {
          await createWithCache();
          const happened = cutter.at(point, cut);
          await startDeletion();
          await happened;
          if (cut === 'kill -9') await start();
          await expectGone();
        });
      }
    }
  });
});
