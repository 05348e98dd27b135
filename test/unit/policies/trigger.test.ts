import { expect } from 'chai';
import { PolicyTrigger } from '../../../src/policies/timing/trigger.js';
import { eventually } from '../../support/wait.js';

const QUICK = { timeoutMs: 4000, intervalMs: 5 };

describe('the policy trigger', () => {
  let trigger: PolicyTrigger;
  let syncs: number[];
  let wholes: boolean[];
  let errors: unknown[];
  let isBusy: boolean;
  let looks: number;
  let isKnown: boolean;
  let outcome: () => Promise<number>;

  beforeEach(() => {
    syncs = [];
    wholes = [];
    errors = [];
    isBusy = false;
    looks = 0;
    isKnown = true;
    outcome = () => Promise.resolve(Infinity);
    trigger = new PolicyTrigger({
      isBusy: () => {
        looks += 1;
        return isBusy;
      },
      canSync: () => isKnown,
      sync: (isWhole) => {
        wholes.push(isWhole);
        syncs.push(performance.now());
        return outcome();
      },
      onError: (error) => errors.push(error),
    });
  });

  afterEach(async () => {
    await trigger.stop();
  });

  async function untilSynced(times: number): Promise<void> {
    await eventually(() => {
      expect(syncs).to.have.lengthOf(times);
    }, QUICK);
  }

  /** A sync that runs until the test ends it. */
  async function beginSync(): Promise<() => void> {
    const running = Promise.withResolvers<number>();
    outcome = () => running.promise;
    trigger.due();
    await untilSynced(1);
    return () => {
      running.resolve(Infinity);
    };
  }

  it('syncs once for many changes', async () => {
    for (let i = 0; i < 100; i += 1) trigger.due();
    await untilSynced(1);
    trigger.due();
    await untilSynced(2);
  });

  it('waits until the mirrors have been looked at', async () => {
    isBusy = true;
    trigger.due();
    await eventually(() => {
      expect(looks).to.be.at.least(4);
    }, QUICK);
    expect(syncs).to.be.empty;
    isBusy = false;
    await untilSynced(1);
  });

  it('waits no longer than a second', async () => {
    isBusy = true;
    const dueAt = performance.now();
    trigger.due();
    await untilSynced(1);
    expect((syncs[0] ?? 0) - dueAt).to.be.within(950, 1500);
  });

  it('waits for no mirror with an edit, and goes on waiting with all else', async () => {
    isBusy = true;
    trigger.due();
    await eventually(() => {
      expect(looks).to.be.at.least(2);
    }, QUICK);
    const before = looks;
    trigger.due('atOnce');
    await untilSynced(1);
    expect(looks - before, 'the first look at what is due').to.equal(1);
    expect(wholes).to.deep.equal([false]);
    trigger.due();
    await eventually(() => {
      expect(looks - before).to.be.at.least(4);
    }, QUICK);
    expect(syncs).to.have.lengthOf(1);
  });

  it('waits for no mirror where it knew before when it would be time', async () => {
    isBusy = true;
    outcome = () => Promise.resolve(syncs.length === 1 ? 100 : Infinity);
    trigger.due('atOnce');
    await untilSynced(2);
    const [first = 0, second = 0] = syncs;
    expect(second - first).to.be.within(100, 900);
  });

  it('writes nothing while it is not known what there is', async () => {
    isKnown = false;
    isBusy = true;
    const dueAt = performance.now();
    trigger.due();
    await eventually(() => {
      expect(performance.now() - dueAt).to.be.greaterThan(1100);
    }, QUICK);
    expect(syncs).to.be.empty;
    isKnown = true;
    await untilSynced(1);
  });

  it('writes what can wait together with others, and what can’t without it', async () => {
    trigger.due('together');
    await untilSynced(1);
    for (let i = 0; i < 10; i += 1) trigger.due('together');
    trigger.due();
    await untilSynced(3);
    expect(wholes).to.deep.equal([true, false, true]);
  });

  it('never runs two syncs at once, and syncs once more for what changed meanwhile', async () => {
    const end = await beginSync();
    for (let i = 0; i < 10; i += 1) trigger.due();
    expect(syncs).to.have.lengthOf(1);
    outcome = () => Promise.resolve(Infinity);
    end();
    await untilSynced(2);
  });

  it('syncs again when the last sync says so, once, whatever the number of syncs before', async () => {
    outcome = () => Promise.resolve(syncs.length < 5 ? 150 : 300);
    for (let i = 1; i <= 4; i += 1) {
      trigger.due();
      await untilSynced(i);
    }
    await untilSynced(6);
    const [fourth = 0, fifth = 0, sixth = 0] = syncs.slice(3);
    expect(fifth - fourth).to.be.at.least(150);
    expect(sixth - fifth).to.be.at.least(300);
  });

  it('tries again with backoff after a failure, whatever becomes due meanwhile', async () => {
    outcome = () => Promise.reject(new Error('refused'));
    trigger.due();
    await eventually(() => {
      trigger.due();
      expect(syncs).to.have.lengthOf(3);
    }, QUICK);
    const [first = 0, second = 0, third = 0] = syncs;
    expect(second - first).to.be.greaterThan(240);
    expect(third - second).to.be.greaterThan(490);
    expect(errors.length).to.be.at.least(2);
  });

  it('ends when it is stopped, and waits for the sync that runs', async () => {
    const end = await beginSync();
    let isStopped = false;
    const stopped = trigger.stop().then(() => {
      isStopped = true;
    });
    trigger.due();
    await Promise.resolve();
    expect(isStopped).to.be.false;
    end();
    await stopped;
    expect(syncs).to.have.lengthOf(1);
  });
});
