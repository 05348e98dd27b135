import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { resourcePath } from '../../../src/kubernetes/objects.js';
import { MIRRORS } from '../../../src/mirror/resource.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { eventually } from '../../support/wait.js';
import { StubApiServer } from '../kubernetes/stub-api-server.js';
import { mirror } from '../mirror/mirror.js';
import { Replica } from './replica.js';

const PATH = resourcePath(MIRRORS);
const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const DAY_MS = 24 * 3_600_000;
const GONE = 'The mirror is out of the policies and gone.';
const LOOKED_AT = 'The mirror was looked at.';
const FORBIDDEN = { kind: 'answer', status: 403, body: { errors: [{ code: 'FORBIDDEN', message: 'no' }] } } as const;

describe('an operator, and a mirror that the API server has deleted although it has the finalizer', function () {
  this.timeout(30_000);
  let server: StubApiServer;
  let harbor: HarborStandIn;
  let replicas: Replica[];

  const start = async (): Promise<Replica> => {
    const replica = await Replica.start(server, harbor);
    replicas.push(replica);
    return replica;
  };
  const apply = (name: string, spec: object = {}): void => {
    const whole = { deletionPolicy: 'Delete', rewrite: { engine: 'None' }, ...spec };
    server.objects.create(PATH, mirror(name, { spec: { upstream: { type: 'quay' }, ...whole } }));
  };
  /** All endpoints and projects of Harbor. */
  const stock = (): readonly string[] => [
    ...harbor.endpoints().map(({ name }) => `endpoint ${name}`),
    ...harbor
      .projects()
      .map(({ name }) => `project ${name}`)
      .filter((project) => project !== 'project library'),
  ];
  const untilStocked = async (...names: readonly string[]): Promise<void> => {
    await eventually(() => {
      const expected = names.flatMap((name) => [`endpoint ${name}`, `project ${name}`]);
      expect(stock()).to.have.members(expected);
    });
  };
  const untilReady = async (name: string): Promise<void> => {
    await eventually(() => {
      const { status } = server.objects.get(PATH, name) as RegistryMirror;
      expect(status.conditions?.find(({ type }) => type === 'Ready')).to.have.property('status', 'True');
    });
  };
  const untilSaid = async (replica: Replica, level: 'info' | 'warn', part: string): Promise<void> => {
    await eventually(() => {
      expect(replica.said('a', level).join('\n')).to.include(part);
    });
  };
  /** Its finalizer comes too late for the API server. */
  const overtake = async (...seenBy: readonly Replica[]): Promise<void> => {
    server.objects.remove(PATH, 'a');
    await eventually(() => {
      for (const { cluster } of seenBy) expect(cluster.mirror('a')?.metadata.deletionTimestamp).to.be.a('string');
    });
  };

  beforeEach(async () => {
    server = await new StubApiServer().start();
    // A cluster without policies.
    server.fault = ({ path }) => (/polic(ies|ybindings)$/.test(path) ? { kind: 'Answer', status: 404 } : undefined);
    harbor = await startHarbor({ unmappedHealthy: true });
    replicas = [];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await Promise.all([server.stop(), harbor.stop()]);
  });

  it('deletes what that has in Harbor, where it was a standby that saw it go and leads now', async () => {
    const [first, standby] = [await start(), await start()];
    first.lead();
    apply('a');
    await untilReady('a');
    await untilStocked('a');
    await first.stop();
    await overtake(standby);
    standby.lead();
    await untilSaid(standby, 'info', GONE);
    expect(stock()).to.deep.equal([]);
  });

  it('leaves one alone that went a day before it began to lead', async () => {
    const [first, standby] = [await start(), await start()];
    first.lead();
    apply('a');
    await untilReady('a');
    await first.stop();
    await overtake(standby);
    standby.pass(DAY_MS);
    standby.lead();
    apply('b', { upstream: { type: 'docker-hub' } });
    await untilReady('b');
    await untilStocked('a', 'b');
    expect([standby.said('a', 'info'), harbor.count({ method: 'DELETE' })]).to.deep.equal([[], 0]);
  });

  it('says in its log and by an Event why it can’t be done with, and lets go where it is applied again with Retain', async () => {
    const leader = await start();
    leader.lead();
    apply('a');
    await untilReady('a');
    harbor.inject({ method: 'DELETE' }, FORBIDDEN, Infinity);
    await overtake();
    await untilSaid(leader, 'warn', 'apply it again');
    await eventually(() => {
      const told = server.objects.list(EVENTS).map((event) => ('reason' in event ? event.reason : undefined));
      expect(told).to.include('HarborPermissionMissing');
    });
    apply('a', { deletionPolicy: 'Retain' });
    await untilReady('a');
    const { metadata, ...rest } = server.objects.get(PATH, 'a') as RegistryMirror;
    server.objects.replace(PATH, 'a', {
      ...rest,
      metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
    });
    await untilSaid(leader, 'info', 'Left in Harbor: project a and its endpoint (Retain).');
    await untilStocked('a');
  });

  it('keeps its Harbor for it while another mirror goes', async () => {
    const leader = await start();
    leader.lead();
    apply('a');
    apply('b', { upstream: { type: 'docker-hub' }, suspend: true });
    await untilReady('a');
    const looks = (): number => leader.said('b', 'debug').filter((message) => message === LOOKED_AT).length;
    await eventually(() => {
      expect(looks()).to.be.above(0);
    });
    let isFirst = true;
    harbor.afterWrite(async ({ method }) => {
      if (method !== 'DELETE' || !isFirst) return;
      isFirst = false;
      const before = looks();
      server.objects.remove(PATH, 'b');
      await eventually(() => {
        expect(looks()).to.be.above(before);
      });
    });
    await overtake();
    await untilSaid(leader, 'info', GONE);
    expect([leader.said('a', 'warn'), stock()]).to.deep.equal([[], []]);
  });
});
