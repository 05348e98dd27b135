import { expect } from 'chai';
import type { Delay } from '../../../src/http/event-loop.js';
import { watchEventLoop } from '../../../src/http/event-loop.js';
import { eventually } from '../../support/wait.js';

describe('the delay of the event loop', () => {
  it('is told again and again, and is as long as a piece of work that let nobody have a turn', async () => {
    const delays: number[] = [];
    const timer = watchEventLoop(({ seconds }) => delays.push(seconds));
    const until = performance.now() + 200;
    while (performance.now() < until);
    await eventually(() => {
      expect(delays.length).to.be.at.least(3);
    });
    clearInterval(timer);
    expect(delays[0]).to.be.within(0.17, 10);
    expect(Math.min(...delays))
      .to.be.at.least(0)
      .and.lessThan(0.17);
  });

  it("is the process's own as far as it was at work, and not while it waited for a core", async () => {
    const delays: Delay[] = [];
    const clock = { now: 0, cpu: 0 };
    const timer = watchEventLoop((delay) => delays.push(delay), { now: () => clock.now, cpu: () => clock.cpu });
    const tell = async (ms: number, cpuMs: number): Promise<void> => {
      clock.now += ms;
      clock.cpu += cpuMs;
      const { length } = delays;
      await eventually(() => {
        expect(delays.length).to.be.above(length);
      });
    };
    await tell(20, 5);
    await tell(120, 30);
    await tell(120, 110);
    clearInterval(timer);
    const late = delays.filter(({ seconds }) => seconds > 0);
    expect(late).to.deep.equal([
      { seconds: 0.1, ownSeconds: 0.03 },
      { seconds: 0.1, ownSeconds: 0.1 },
    ]);
  });
});
