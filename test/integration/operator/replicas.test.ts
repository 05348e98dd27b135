import { expect } from 'chai';
import { NAMESPACE, OPERATOR_USER, startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { createAll, createMirrors, untilAllReady } from '../../support/fleet.js';
import { eventually } from '../../support/wait.js';
import type { EventuallyOptions } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/registry-mirror-operator`;

describe('the operator’s process', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  const replicas: OperatorProcess[] = [];

  /** A replica whose calls to Harbor can be told from another's. */
  const startReplica = async (name: string, given: Readonly<Record<string, string>> = {}): Promise<OperatorProcess> => {
    const { cluster, harbor } = world();
    const login = harbor.addRobot(name);
    const env = { LEADER_ELECT: 'true', ...given };
    const replica = await startOperator(cluster, { harborUrl: harbor.url, pullHost: PULL_HOST, login, env });
    replicas.push(replica);
    return replica;
  };
  const untilLeader = async (
    { metricsUrl }: OperatorProcess,
    isLeader: 0 | 1 = 1,
    options: EventuallyOptions = {},
  ): Promise<void> => {
    await eventually(async () => {
      const metrics = await (await fetch(`${metricsUrl}/metrics`)).text();
      expect(metrics).to.include(`registry_mirror_leader ${isLeader}`);
    }, options);
  };
  const patchLease = async (spec: object): Promise<void> => {
    await world().cluster.api.json('PATCH', LEASE, { spec }, 'application/merge-patch+json');
  };
  const apply = async (name: string): Promise<void> => {
    await world().apply(name, { upstream: { type: 'docker-registry', url: `https://${name}.example.org` } });
    await world().untilReady(name);
  };
  /** Who has written to Harbor since the counts were reset. */
  const writers = (): ReadonlySet<string> =>
    new Set(
      world()
        .harbor.writes()
        .map(({ user }) => user),
    );

  after(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await world().cluster.api.send('DELETE', LEASE);
  });

  it('works while another one stands by, ready but idle', async () => {
    const first = await startReplica('first');
    await untilLeader(first);
    const second = await startReplica('second');
    await untilLeader(second, 0);
    expect((await fetch(`${second.probeUrl}/readyz`)).status).to.equal(200);
    await apply('a');
    expect(writers()).to.deep.equal(new Set(['robot$first']));
    await untilLeader(second, 0);
  });

  it('finishes at SIGTERM what it is doing and ends with 0, and the other takes over at once', async () => {
    const [first, second] = replicas as [OperatorProcess, OperatorProcess];
    // Less than a look waits for a call that asks an upstream.
    const slow = world().harbor.inject({ method: 'POST', route: '/registries' }, { kind: 'delay', ms: 500 });
    const spec = { upstream: { type: 'docker-registry', url: 'https://b.example.org' } };
    await world().apply('b', spec);
    await eventually(() => {
      expect(slow.hits).to.equal(1);
    });
    await first.stop();
    const endedAt = performance.now();
    expect(first.daemon.exitCode()).to.equal(0);
    expect(world().harbor.count({ method: 'POST', route: '/projects', user: 'robot$first' })).to.equal(2);
    expect(first.log().some(({ level }) => level === 'error')).to.equal(false);
    await untilLeader(second);
    expect(performance.now() - endedAt).to.be.below(2000);
    await world().untilReady('b');
  });

  it('is followed by the other when it was killed: once its lease is over, exactly one works', async () => {
    const [, second] = replicas as [OperatorProcess, OperatorProcess];
    const third = await startReplica('third');
    await second.kill();
    // As if it had run out: 15 seconds is long for a test.
    await patchLease({ leaseDurationSeconds: 1 });
    await untilLeader(third);
    world().harbor.resetCounts();
    await apply('c');
    expect(writers()).to.deep.equal(new Set(['robot$third']));
    expect(
      world()
        .harbor.endpoints()
        .map(({ name }) => name),
    ).to.have.members(['a', 'b', 'c']);
  });

  it('is followed within 16 s when it is killed in a storm of creations, which leaves nothing twice and no orphan', async () => {
    const [, , third] = replicas as [OperatorProcess, OperatorProcess, OperatorProcess];
    const { harbor } = world();
    await patchLease({ leaseDurationSeconds: 15 });
    const fourth = await startReplica('after-the-storm');
    await untilLeader(fourth, 0);
    const storm = createMirrors('storm', 100);
    harbor.resetCounts();
    const creation = createAll(world(), storm);
    await eventually(() => {
      expect(harbor.count({ method: 'POST', route: '/projects', user: 'robot$third' })).to.be.greaterThan(20);
    });
    await third.kill();
    const killedAt = performance.now();
    await untilLeader(fourth, 1, { timeoutMs: 20_000 });
    expect(performance.now() - killedAt).to.be.below(16_000);
    await creation;
    await untilAllReady(world(), 3 + storm.length);
    const endpoints = harbor.endpoints().filter(({ name }) => name.startsWith('storm-'));
    expect(endpoints.map(({ name }) => name)).to.have.members(storm.map(({ metadata }) => metadata.name));
    const projects = harbor.projects().filter(({ name }) => name.startsWith('storm-'));
    expect(projects.map(({ registryId }) => registryId)).to.have.members(endpoints.map(({ id }) => id));
  });

  it('ends when it loses its lease to another, so that not two work', async () => {
    const [leader] = replicas.slice(-1) as [OperatorProcess];
    await patchLease({ holderIdentity: 'somebody-else', leaseDurationSeconds: 3600 });
    await eventually(() => {
      expect(leader.daemon.exitCode()).to.equal(1);
    });
    const last = leader.log().filter(({ level }) => level === 'error');
    expect(last.map(({ message }) => message)).to.deep.equal(['The leader lease is lost; ending.']);
  });

  it('writes nothing more after it was stopped for longer than its lease, in the middle of its work', async () => {
    const { cluster, harbor } = world();
    await cluster.api.send('DELETE', LEASE);
    const short = { LEASE_DURATION: '3s' };
    const fourth = await startReplica('fourth', short);
    await untilLeader(fourth);
    const fifth = await startReplica('fifth', short);
    // Its answer is there when the process wakes up, so that the next thing to do is the next write: the project.
    const slow = harbor.inject(
      { method: 'POST', route: '/registries', user: 'robot$fourth' },
      { kind: 'delay', ms: 1000 },
    );
    await world().apply('d', { upstream: { type: 'docker-registry', url: 'https://d.example.org' } });
    await eventually(() => {
      expect(slow.hits).to.equal(1);
    });
    process.kill(fourth.daemon.pid, 'SIGSTOP');
    await untilLeader(fifth);
    await world().untilReady('d');
    // The last write of the fifth for it; from here on it only renews its lease.
    await eventually(async () => {
      const { stdout } = await cluster.kubectl(['get', 'events.events.k8s.io', '-n', 'default', '-o', 'name']);
      expect(stdout).to.match(/\/d\./);
    });
    const mark = await cluster.audit.mark();
    harbor.resetCounts();
    process.kill(fourth.daemon.pid, 'SIGCONT');
    await eventually(() => {
      expect(fourth.daemon.exitCode()).to.equal(1);
    });
    expect(writers()).to.deep.equal(new Set());
    const written = await cluster.audit.writes({ user: OPERATOR_USER }, mark);
    expect(written.filter(({ resource }) => resource !== 'leases')).to.deep.equal([]);
    await apply('e');
    expect(writers()).to.deep.equal(new Set(['robot$fifth']));
    expect(
      harbor
        .endpoints()
        .map(({ name }) => name)
        .filter((name) => name === 'd'),
    ).to.deep.equal(['d']);
  });
});
