import { expect } from 'chai';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import type { KubernetesObject } from '../../../../src/kubernetes/objects.js';
import { LeaseLostError } from '../../../../src/kubernetes/errors.js';
import { LeaderElection } from '../../../../src/kubernetes/leader/leader-election.js';
import type { LeaderElectionOptions } from '../../../../src/kubernetes/leader/leader-election.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../stub-api-server.js';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/system/leases';
/** So long that no call runs into its own, real, deadline, however slow the machine is. */
const LEASE_MS = 60_000;
const RENEW_DEADLINE_MS = 40_000;
const QUICK = { timeoutMs: 5000, intervalMs: 5 };

interface Lease extends KubernetesObject {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}

describe('leader election', () => {
  let server: StubApiServer;
  let candidates: LeaderElection[];
  let errors: unknown[];
  /** The clock of all candidates: time goes by when the test says so, and pauses between two tries are real and short. */
  let now: number;

  function candidate(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection {
    const election = new LeaderElection({
      api: new KubernetesApi(server.kubeConfig({ token: identity })),
      namespace: 'system',
      name: 'operator',
      identity,
      leaseMs: LEASE_MS,
      retryMs: 10,
      now: () => now,
      onError: (error) => errors.push(error),
      ...options,
    });
    candidates.push(election);
    return election;
  }

  const lease = (): Lease => server.objects.get(LEASES, 'operator') as Lease;
  const tries = (identity: string): number =>
    server.requests.filter(({ authorization }) => authorization === `Bearer ${identity}`).length;

  /** Waits for two whole tries that begin from now on, so that what holds now has been seen. */
  async function triesOf(identity: string): Promise<void> {
    const before = tries(identity);
    await eventually(() => {
      expect(tries(identity)).to.be.at.least(before + 4);
    }, QUICK);
  }

  /** Has it ask for the lease, and says whether it has it. */
  function leadership(election: LeaderElection): { isLeading: boolean; readonly leads: Promise<void> } {
    const state = { isLeading: false, leads: Promise.resolve() };
    state.leads = election.acquire().then((leads) => {
      expect(leads).to.be.true;
      state.isLeading = leads;
    });
    state.leads.catch(() => undefined);
    return state;
  }

  /** Nothing from this candidate reaches the server any more. */
  function cutOff(identity: string, kind: 'Reset' | 'Hang' = 'Reset'): void {
    server.fault = ({ authorization }) => (authorization === `Bearer ${identity}` ? { kind } : undefined);
  }

  beforeEach(async () => {
    server = await new StubApiServer().start();
    candidates = [];
    errors = [];
    now = 1_000_000;
  });

  afterEach(async () => {
    const stopping = Promise.all(candidates.map((election) => election.release()));
    await server.stop();
    await stopping;
  });

  it('lets one of two lead', async () => {
    const first = candidate('first');
    expect(await first.acquire()).to.be.true;
    const second = leadership(candidate('second'));
    // Longer than the lease: it is renewed meanwhile.
    for (let i = 0; i < 6; i += 1) {
      now += LEASE_MS / 4;
      await triesOf('first');
      await triesOf('second');
    }
    expect(second.isLeading).to.be.false;
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
    const second = leadership(candidate('second'));
    await triesOf('second');
    now += LEASE_MS;
    await triesOf('second');
    expect(second.isLeading).to.be.false;
    now += 1;
    await second.leads;
    expect(lease().spec).to.include({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  it('goes by what it sees change, whatever times the lease states', async () => {
    const spec = {
      holderIdentity: 'gone',
      leaseDurationSeconds: 20,
      renewTime: '2099-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    };
    server.objects.create(LEASES, { metadata: { name: 'operator' }, spec } as KubernetesObject);
    const second = leadership(candidate('second'));
    await triesOf('second');
    now += 20_001;
    await second.leads;
    expect(lease().spec).to.include({ holderIdentity: 'second', leaseTransitions: 5 });
  });

  for (const kind of ['Reset', 'Hang'] as const) {
    it(`reports the lease as lost before another can have it, when calls end in ${kind}`, async () => {
      // What hangs is given up by a real timer, after a sixth of this.
      const leaseMs = 1500;
      const first = candidate('first', { leaseMs });
      await first.acquire();
      const second = leadership(candidate('second', { leaseMs }));
      await triesOf('second');
      cutOff('first', kind);
      await triesOf('first');
      now += (leaseMs * 2) / 3;
      await first.lost();
      await triesOf('second');
      expect(second.isLeading).to.be.false;
      now += leaseMs / 3 + 1;
      await second.leads;
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
    const first = candidate('first');
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
    // A call is given up by a real timer, after a sixth of this.
    const first = candidate('first', { leaseMs: 6000 });
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

  it('says since when the lease can not be read, and not that another holds it', async () => {
    await candidate('first').acquire();
    const second = candidate('second');
    void second.acquire();
    await triesOf('second');
    expect(second.trouble).to.equal(undefined);
    cutOff('second');
    await eventually(() => {
      expect(second.trouble).to.have.property('ms', 0);
    }, QUICK);
    now += 61_000;
    expect(second.trouble).to.have.property('ms', 61_000);
  });

  describe('lets writes begin', () => {
    const isHeld = (election: LeaderElection): boolean => {
      try {
        election.assertHeld();
        return true;
      } catch (error) {
        expect(error).to.be.instanceOf(LeaseLostError);
        return false;
      }
    };

    it('only while it leads', async () => {
      const first = candidate('first');
      expect(isHeld(first)).to.be.false;
      await first.acquire();
      expect(isHeld(first)).to.be.true;
      await first.release();
      expect(isHeld(first)).to.be.false;
    });

    it('no more once it has not been renewed for two thirds of its time, and then reports it as lost', async () => {
      const first = candidate('first', { retryMs: 600_000 });
      await first.acquire();
      now += RENEW_DEADLINE_MS - 1;
      expect(isHeld(first)).to.be.true;
      // As after a SIGSTOP: no timer of its own has told it that the time is over.
      now += 1;
      expect(isHeld(first)).to.be.false;
      await first.lost();
    });

    it('for as long again after each renewal, counted from when that was sent', async () => {
      const first = candidate('first');
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
      now = 1_000_000 + 5_000 + RENEW_DEADLINE_MS - 1;
      expect(isHeld(first)).to.be.true;
      now += 1;
      expect(isHeld(first)).to.be.false;
    });
  });

  it('looks four times as often while it stands by as the leader renews its lease', async () => {
    const retryMs = 2000;
    await candidate('first', { retryMs }).acquire();
    leadership(candidate('second', { retryMs }));
    const startedAt = performance.now();
    await eventually(
      () => {
        expect(tries('second')).to.be.at.least(4);
      },
      { timeoutMs: 10_000, intervalMs: 20 },
    );
    // Three pauses of half a second, and less than one of the leader's.
    expect(performance.now() - startedAt).to.be.at.least(3 * 450);
    expect(tries('first')).to.be.at.most(4);
  });

  it('takes a lease just after it expires, however seldom it looks', async () => {
    const options = { leaseMs: 3000, retryMs: 600_000, now: () => performance.now() };
    await candidate('first', options).acquire();
    const second = leadership(candidate('second', options));
    const startedAt = performance.now();
    await second.leads;
    expect(performance.now() - startedAt).to.be.within(2900, 5000);
  });

  it('hands over at once when the leader stops', async () => {
    const first = candidate('first');
    await first.acquire();
    const second = leadership(candidate('second'));
    await triesOf('second');
    await first.release();
    await second.leads;
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
    const second = leadership(candidate('second'));
    await triesOf('second');
    now += LEASE_MS + 1;
    await second.leads;
    server.fault = () => undefined;
    await first.release();
    expect(lease().spec.holderIdentity).to.equal('second');
  });
});
