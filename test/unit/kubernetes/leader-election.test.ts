import { expect } from 'chai';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import { LeaseLostError } from '../../../src/kubernetes/errors.js';
import { LeaderElection } from '../../../src/kubernetes/leader-election.js';
import type { LeaderElectionOptions } from '../../../src/kubernetes/leader-election.js';
import { eventually } from '../../support/wait.js';
import { StubApiServer } from './stub-api-server.js';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/system/leases';
const QUICK = { timeoutMs: 5000, intervalMs: 5 };

interface Lease extends KubernetesObject {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}

describe('leader election', () => {
  let server: StubApiServer;
  let candidates: LeaderElection[];
  let errors: unknown[];

  function candidate(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection {
    const election = new LeaderElection({
      api: new KubernetesApi(server.kubeConfig({ token: identity })),
      namespace: 'system',
      name: 'operator',
      identity,
      leaseMs: 300,
      retryMs: 20,
      onError: (error) => errors.push(error),
      ...options,
    });
    candidates.push(election);
    return election;
  }

  const lease = (): Lease => server.objects.get(LEASES, 'operator') as Lease;
  const tries = (identity: string): number =>
    server.requests.filter(({ authorization }) => authorization === `Bearer ${identity}`).length;

  /** Nothing from this candidate reaches the server any more. */
  function cutOff(identity: string, kind: 'Reset' | 'Hang' = 'Reset'): void {
    server.fault = ({ authorization }) => (authorization === `Bearer ${identity}` ? { kind } : undefined);
  }

  beforeEach(async () => {
    server = await new StubApiServer().start();
    candidates = [];
    errors = [];
  });

  afterEach(async () => {
    const stopping = Promise.all(candidates.map((election) => election.release()));
    await server.stop();
    await stopping;
  });

  it('lets one of two lead', async () => {
    const first = candidate('first');
    expect(await first.acquire()).to.be.true;
    let isSecondLeading = false;
    void candidate('second')
      .acquire()
      .then((leads) => {
        isSecondLeading = leads;
      });
    // Longer than the lease: it was renewed meanwhile.
    await eventually(() => {
      expect(tries('second')).to.be.at.least(25);
    }, QUICK);
    expect(isSecondLeading).to.be.false;
    expect(lease().spec).to.include({ holderIdentity: 'first', leaseTransitions: 0 });
    await first.release();
    for (const election of candidates) await election.release();
  });

  it('lets only one of two lead who ask at the same moment', async () => {
    const leading: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      void candidate(name)
        .acquire()
        .then((leads) => leads && leading.push(name));
    }
    await eventually(() => {
      for (const name of ['a', 'b', 'c']) expect(tries(name)).to.be.at.least(10);
    }, QUICK);
    expect(leading).to.have.lengthOf(1);
    expect(errors).to.be.empty;
  });

  it('lets another take over when the leader crashes, not before the lease has run out by the other’s own clock', async () => {
    await candidate('crashed').acquire();
    cutOff('crashed');
    const startedAt = performance.now();
    expect(await candidate('second').acquire()).to.be.true;
    expect(performance.now() - startedAt).to.be.greaterThan(300);
    expect(lease().spec).to.include({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  it('goes by what it sees change, whatever times the lease states', async () => {
    const spec = {
      holderIdentity: 'gone',
      leaseDurationSeconds: 0.2,
      renewTime: '2099-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    };
    server.objects.create(LEASES, { metadata: { name: 'operator' }, spec } as KubernetesObject);
    expect(await candidate('second').acquire()).to.be.true;
    expect(lease().spec).to.include({ holderIdentity: 'second', leaseTransitions: 5 });
  });

  for (const kind of ['Reset', 'Hang'] as const) {
    it(`reports the lease as lost before another can have it, when calls end in ${kind}`, async () => {
      const first = candidate('first');
      await first.acquire();
      cutOff('first', kind);
      const startedAt = performance.now();
      const second = candidate('second').acquire();
      const order: string[] = [];
      await Promise.all([first.lost().then(() => order.push('lost')), second.then(() => order.push('second leads'))]);
      expect(order).to.deep.equal(['lost', 'second leads']);
      expect(performance.now() - startedAt).to.be.lessThan(2000);
    });
  }

  it('reports the lease as lost when another has it', async () => {
    const first = candidate('first');
    await first.acquire();
    const { metadata, spec } = lease();
    const stolen = { metadata: { name: metadata.name }, spec: { ...spec, holderIdentity: 'thief' } };
    server.objects.replace(LEASES, 'operator', stolen);
    await first.lost();
  });

  it('survives a few failures within the deadline', async () => {
    const first = candidate('first', { leaseMs: 7500 });
    await first.acquire();
    let isLost = false;
    void first.lost().then(() => {
      isLost = true;
    });
    cutOff('first');
    await eventually(() => {
      expect(errors.length).to.be.at.least(3);
    }, QUICK);
    server.fault = () => undefined;
    const before = lease().metadata.resourceVersion;
    await eventually(() => {
      expect(lease().metadata.resourceVersion).to.not.equal(before);
    }, QUICK);
    expect(isLost).to.be.false;
  });

  it('keeps its lease when one connection to the API server is stuck: the call is tried again on a new one', async () => {
    const first = candidate('first', { leaseMs: 1500 });
    await first.acquire();
    const stuck = server.requests.at(-1)?.port;
    server.fault = ({ port }) => (port === stuck ? { kind: 'Hang' } : undefined);
    const before = lease().metadata.resourceVersion;
    await eventually(() => {
      expect(lease().metadata.resourceVersion).to.not.equal(before);
    }, QUICK);
    expect(() => {
      first.assertHeld();
    }).not.to.throw();
    expect(errors.map(String)).to.deep.equal([`KubernetesError: GET ${LEASES}/operator: ECONNABORTED`]);
  });

  describe('lets writes begin', () => {
    let now: number;
    const isHeld = (election: LeaderElection): boolean => {
      try {
        election.assertHeld();
        return true;
      } catch (error) {
        expect(error).to.be.instanceOf(LeaseLostError);
        return false;
      }
    };

    beforeEach(() => {
      now = 1_000_000;
    });

    it('only while it leads', async () => {
      const first = candidate('first', { leaseMs: 60_000 });
      expect(isHeld(first)).to.be.false;
      await first.acquire();
      expect(isHeld(first)).to.be.true;
      await first.release();
      expect(isHeld(first)).to.be.false;
    });

    it('no more once it has not been renewed for two thirds of its time, and then reports it as lost', async () => {
      const first = candidate('first', { leaseMs: 15_000, retryMs: 60_000, now: () => now });
      await first.acquire();
      now += 9_999;
      expect(isHeld(first)).to.be.true;
      // As after a SIGSTOP: no timer of its own has told it that the time is over.
      now += 1;
      expect(isHeld(first)).to.be.false;
      await first.lost();
    });

    it('for as long again after each renewal, counted from when that was sent', async () => {
      const first = candidate('first', { leaseMs: 15_000, now: () => now });
      await first.acquire();
      let isRenewed = false;
      server.fault = ({ method }) => {
        if (isRenewed) return { kind: 'Reset' };
        if (method === 'PUT') {
          isRenewed = true;
          // It took 3 seconds to get there.
          now += 3_000;
        }
        return undefined;
      };
      now += 5_000;
      await eventually(() => {
        expect(errors).to.not.be.empty;
      }, QUICK);
      now = 1_000_000 + 5_000 + 9_999;
      expect(isHeld(first)).to.be.true;
      now += 1;
      expect(isHeld(first)).to.be.false;
    });
  });

  it('hands over at once when the leader stops', async () => {
    const first = candidate('first', { leaseMs: 60_000 });
    await first.acquire();
    const second = candidate('second', { leaseMs: 60_000 }).acquire();
    await eventually(() => {
      expect(tries('second')).to.be.at.least(2);
    }, QUICK);
    await first.release();
    expect(await second).to.be.true;
  });

  it('keeps no lease that arrives while it is stopped', async () => {
    const first = candidate('first');
    const acquired = first.acquire();
    await first.release();
    expect(await acquired).to.be.false;
    const holder = server.objects.list(LEASES).map((object) => (object as Lease).spec.holderIdentity);
    expect(holder).to.not.include('first');
  });

  it('takes nothing from the next leader when it is stopped late', async () => {
    const first = candidate('first');
    await first.acquire();
    cutOff('first');
    await candidate('second').acquire();
    server.fault = () => undefined;
    await first.release();
    expect(lease().spec.holderIdentity).to.equal('second');
  });
});
