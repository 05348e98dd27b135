import { expect } from 'chai';
import { Lane } from '../../../../src/harbor/http/lane.js';

interface Held {
  readonly task: () => Promise<void>;
  readonly end: () => void;
}

function held(onStart: () => void): Held {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const task = (): Promise<void> => {
    onStart();
    return ended;
  };
  return {
    task,
    end: () => {
      end();
    },
  };
}

describe('a lane', () => {
  it('lets so many run at once and the others wait in order', async () => {
    const lane = new Lane(2);
    const started: number[] = [];
    const tasks = [0, 1, 2, 3].map((number) => held(() => started.push(number)));
    const runs = tasks.map(({ task }) => lane.run(task));
    await Promise.resolve();
    expect(started).to.deep.equal([0, 1]);
    tasks[1]?.end();
    await runs[1];
    await Promise.resolve();
    expect(started).to.deep.equal([0, 1, 2]);
    for (const { end } of tasks) end();
    await Promise.all(runs);
    expect(started).to.deep.equal([0, 1, 2, 3]);
  });

  it('gives the place on when a task fails', async () => {
    const lane = new Lane(1);
    const failing = lane.run(() => Promise.reject(new Error('no')));
    const next = lane.run(() => Promise.resolve('ran'));
    expect(await failing.catch(String)).to.equal('Error: no');
    expect(await next).to.equal('ran');
  });

  it('forgets those who give up while they wait', async () => {
    const lane = new Lane(1);
    const first = held(() => undefined);
    const running = lane.run(first.task);
    const controller = new AbortController();
    let ran = false;
    const waiting = lane.run(() => {
      ran = true;
      return Promise.resolve();
    }, controller.signal);
    const last = lane.run(() => Promise.resolve('last'));
    controller.abort(new Error('given up'));
    expect(await waiting.catch(String)).to.equal('Error: given up');
    first.end();
    await running;
    expect(await last).to.equal('last');
    expect(ran).to.be.false;
  });
});
