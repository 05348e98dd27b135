import { expect } from 'chai';
import { Turn } from '../../../../src/clock/turn.js';
import { WorkQueue } from '../../../../src/kubernetes/queue/work-queue.js';
import type { WorkQueueOptions } from '../../../../src/kubernetes/queue/work-queue.js';
import type { WorkResult } from '../../../../src/kubernetes/queue/work-result.js';
import { eventually } from '../../../support/wait.js';

const QUICK = { timeoutMs: 3000, intervalMs: 2 };

describe('the work queue', () => {
  let queue: WorkQueue;
  let begun: string[];
  let errors: string[];
  /** Ends the oldest work on this key. */
  let finish: (key: string, result?: WorkResult | Error) => void;

  function start(options: Partial<WorkQueueOptions> = {}): void {
    const held: { key: string; end: (result?: WorkResult | Error) => void }[] = [];
    finish = (key, result) => {
      held.splice(held.map((work) => work.key).indexOf(key), 1)[0]?.end(result);
    };
    queue = new WorkQueue({
      workers: 2,
      random: () => 1,
      baseBackoffMs: 20,
      // No time goes by in it, however busy the machine is.
      turn: new Turn(() => 0),
      onError: (key) => errors.push(key),
      handle: async (key) => {
        begun.push(key);
        return await new Promise((resolve, reject) => {
          held.push({
            key,
            end: (result) => {
              if (result instanceof Error) reject(result);
              else resolve(result);
            },
          });
        });
      },
      ...options,
    });
    queue.start();
  }

  async function untilBegun(...keys: readonly string[]): Promise<void> {
    await eventually(() => {
      expect(begun).to.deep.equal(keys);
    }, QUICK);
  }

  beforeEach(() => {
    begun = [];
    errors = [];
  });

  it('handles a key once that is added while it waits', async () => {
    start({ workers: 1 });
    queue.add('first');
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect(queue.depth).to.equal(2);
    finish('first');
    await untilBegun('first', 'a');
    finish('a');
    await untilBegun('first', 'a', 'b');
    finish('b');
    await eventually(() => {
      expect(queue.isIdle).to.be.true;
    }, QUICK);
  });

  it('handles as many keys at once as it has workers, and never one key twice at once', async () => {
    start();
    for (const key of ['a', 'a', 'b', 'c']) queue.add(key);
    expect(begun).to.deep.equal(['a', 'b']);
    queue.add('a');
    finish('b');
    await untilBegun('a', 'b', 'c');
    finish('a');
    await untilBegun('a', 'b', 'c', 'a');
  });

  it('handles a key once more that was added while it was handled, however often', async () => {
    start();
    queue.add('a');
    for (let i = 0; i < 5; i += 1) queue.add('a');
    finish('a');
    await untilBegun('a', 'a');
    finish('a');
    await eventually(() => {
      expect(queue.isIdle).to.be.true;
    }, QUICK);
    expect(begun).to.deep.equal(['a', 'a']);
  });

  it('takes what is urgent first, then what a person changed, then what is new, then routine, and the oldest of each', async () => {
    start({ workers: 1 });
    queue.add('first');
    queue.add('interval');
    queue.add('made', 'new');
    queue.add('edit 1', 'edit');
    queue.add('deletion', 'urgent');
    queue.add('edit 2', 'edit');
    queue.add('withdrawal', 'urgent');
    const order = ['first', 'deletion', 'withdrawal', 'edit 1', 'edit 2', 'made', 'interval'];
    for (const [i, key] of order.entries()) {
      await untilBegun(...order.slice(0, i + 1));
      finish(key);
    }
  });

  it('lets a key that waits move up, and never down', async () => {
    start({ workers: 1 });
    queue.add('first');
    for (const key of ['a', 'b', 'c']) queue.add(key, 'edit');
    queue.add('a', 'routine');
    queue.add('c', 'urgent');
    expect(queue.depth).to.equal(3);
    const order = ['first', 'c', 'a', 'b'];
    for (const [i, key] of order.entries()) {
      await untilBegun(...order.slice(0, i + 1));
      finish(key);
    }
  });

  it('keeps the highest priority of a key that is added several times while it is handled', async () => {
    start({ workers: 1 });
    queue.add('a');
    queue.add('b', 'edit');
    queue.add('a', 'urgent');
    queue.add('a', 'routine');
    finish('a');
    await untilBegun('a', 'a');
    finish('a');
    await untilBegun('a', 'a', 'b');
  });

  it('keeps workers free for what goes before, however much waits', async () => {
    start({ workers: 8 });
    for (let i = 0; i < 20; i += 1) queue.add(`interval ${i}`);
    for (let i = 0; i < 20; i += 1) queue.add(`made ${i}`, 'new');
    const first = [0, 1, 2, 3, 4, 5].map((i) => `interval ${i}`);
    expect(begun).to.deep.equal(first);
    for (let i = 0; i < 20; i += 1) queue.add(`edit ${i}`, 'edit');
    expect(begun).to.deep.equal([...first, 'edit 0']);
    queue.add('deletion', 'urgent');
    expect(begun).to.deep.equal([...first, 'edit 0', 'deletion']);
    for (const key of ['interval 0', 'interval 1']) finish(key);
    await untilBegun(...first, 'edit 0', 'deletion', 'edit 1');
  });

  it('lets other groups have the workers of one that hangs, which has as many as there are and no more', async () => {
    start({ workers: 4, slowAfterMs: 5, groupOf: (key) => key.split(' ')[0] ?? '' });
    for (let i = 0; i < 8; i += 1) queue.add(`hanging ${i}`);
    for (let i = 0; i < 3; i += 1) queue.add(`other ${i}`);
    const hanging = ['hanging 0', 'hanging 1', 'hanging 2'];
    expect(begun).to.deep.equal(hanging);
    const others = ['other 0', 'other 1', 'other 2'];
    await untilBegun(...hanging, ...others);
    expect(queue.depth).to.equal(5);
    for (const key of others) finish(key);
    queue.add('hanging 9', 'edit');
    await untilBegun(...hanging, ...others, 'hanging 9');
    finish('hanging 0');
    finish('hanging 1');
    await untilBegun(...hanging, ...others, 'hanging 9', 'hanging 3');
    for (const key of ['hanging 2', 'hanging 3', 'hanging 9']) finish(key);
    await eventually(() => {
      expect(begun).to.have.length(11);
    }, QUICK);
  });

  it('is busy with what is quick, and not with what hangs or waits for that', async () => {
    start({ workers: 1, slowAfterMs: 20 });
    queue.add('a');
    queue.add('b');
    expect([queue.isBusy, queue.isIdle]).to.deep.equal([true, false]);
    await eventually(() => {
      expect([queue.isBusy, queue.isIdle]).to.deep.equal([false, false]);
    }, QUICK);
    expect(begun).to.deep.equal(['a']);
  });

  it('tells which key has been handled for longest', async () => {
    let now = 0;
    start({ now: () => now });
    expect(queue.oldestWork).to.equal(undefined);
    queue.add('a');
    now = 10;
    queue.add('b');
    now = 30;
    expect(queue.oldestWork).to.deep.equal({ key: 'a', ms: 30 });
    finish('a');
    await eventually(() => {
      expect(queue.oldestWork).to.deep.equal({ key: 'b', ms: 20 });
    }, QUICK);
  });

  it('does nothing before it is started', () => {
    const idle = new WorkQueue({
      workers: 1,
      onError: (key) => errors.push(key),
      handle: (key) => {
        begun.push(key);
        return Promise.resolve(undefined);
      },
    });
    idle.add('a');
    expect(begun).to.be.empty;
    idle.start();
    expect(begun).to.deep.equal(['a']);
    start();
  });

  it('backs off from one key without holding up another, and starts anew after a success', async () => {
    const times: number[] = [];
    let failures = 3;
    start({
      handle: (key) => {
        begun.push(key);
        if (key !== 'bad') return Promise.resolve(undefined);
        times.push(performance.now());
        return failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve(undefined);
      },
    });
    queue.add('bad');
    queue.add('good');
    await eventually(() => {
      expect(times).to.have.lengthOf(4);
    }, QUICK);
    expect(begun.slice(0, 2)).to.deep.equal(['bad', 'good']);
    expect(errors).to.deep.equal(['bad', 'bad', 'bad']);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    for (const [i, least] of [19, 39, 79].entries()) expect(waits[i]).to.be.greaterThan(least);
    failures = 1;
    queue.add('bad');
    await eventually(() => {
      expect(times).to.have.lengthOf(6);
    }, QUICK);
    expect((times[5] ?? 0) - (times[4] ?? 0)).to.be.lessThan(80);
  });

  it('backs off on retry results, by no less than they ask for', async () => {
    start();
    const startedAt = performance.now();
    queue.add('a');
    finish('a', { retryAfterMs: 120 });
    await untilBegun('a', 'a');
    expect(performance.now() - startedAt).to.be.greaterThan(115);
    expect(errors).to.be.empty;
  });

  it('looks again after the time that a result asks for', async () => {
    start();
    queue.add('a');
    finish('a', { requeueAfterMs: 30 });
    await untilBegun('a', 'a');
  });

  it('goes by the earlier of two times', async () => {
    start();
    queue.addAfter('a', 60_000);
    queue.addAfter('a', 10);
    queue.addAfter('a', 30_000);
    await untilBegun('a');
    queue.addAfter('b', 60_000);
    queue.add('b');
    expect(begun).to.deep.equal(['a', 'b']);
  });

  it('waits with what is due in more than a timer can count', async () => {
    start();
    queue.addAfter('late', 2 ** 31 + 1000);
    queue.addAfter('soon', 20);
    await untilBegun('soon');
  });

  it('counts what is due later as idle', () => {
    start();
    queue.addAfter('a', 60_000);
    expect(queue.isIdle).to.be.true;
  });

  it('lets others have their turn while it handles keys that wait for nothing', async () => {
    let now = 0;
    const handled: string[] = [];
    const handle = (key: string): Promise<undefined> => {
      now += 4;
      handled.push(key);
      return Promise.resolve(undefined);
    };
    start({ turn: new Turn(() => now), handle });
    for (let i = 0; i < 100; i += 1) queue.add(`key-${i}`);
    const perTurn: number[] = [];
    while (!queue.isIdle) {
      const before = handled.length;
      await new Promise(setImmediate);
      perTurn.push(handled.length - before);
    }
    expect(handled).to.have.lengthOf(100);
    // Two of 4 ms are over 5 ms, and each of the two workers may have begun one more.
    expect(Math.max(...perTurn)).to.be.at.most(4);
  });

  it('drains: finishes what is being handled, begins nothing more', async () => {
    start();
    for (const key of ['a', 'b', 'c', 'a']) queue.add(key);
    queue.addAfter('d', 1);
    let isDrained = false;
    const drained = queue.drain().then(() => {
      isDrained = true;
    });
    queue.add('e');
    finish('a');
    await Promise.resolve();
    expect(isDrained).to.be.false;
    finish('b', new Error('failed while draining'));
    await drained;
    expect(begun).to.deep.equal(['a', 'b']);
    expect(errors).to.deep.equal(['b']);
    await queue.drain();
  });

  afterEach(async () => {
    for (const key of begun) finish(key);
    await queue.drain();
  });
});
