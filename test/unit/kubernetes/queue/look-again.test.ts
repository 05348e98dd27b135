import { expect } from 'chai';
import { WorkQueue } from '../../../../src/kubernetes/queue/work-queue.js';
import type { WorkResult } from '../../../../src/kubernetes/queue/work-result.js';
import { eventually } from '../../../support/wait.js';

describe('when the work queue looks again', () => {
  it('is what the last look says, not one before it that another look followed at once', async () => {
    const handled: string[] = [];
    const queue = new WorkQueue({
      workers: 1,
      handle: (key): Promise<WorkResult | undefined> => {
        handled.push(key);
        if (key !== 'a') return Promise.resolve(undefined);
        if (handled.length > 1) return Promise.resolve({ requeueAfterMs: 60_000 });
        queue.add('a');
        return Promise.resolve({ requeueAfterMs: 20 });
      },
    });
    queue.start();
    queue.add('a');
    queue.addAfter('later', 100);
    await eventually(() => {
      expect(handled).to.include('later');
    });
    await queue.drain();
    expect(handled).to.deep.equal(['a', 'a', 'later']);
  });
});
