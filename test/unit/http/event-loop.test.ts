import { expect } from 'chai';
import { watchEventLoop } from '../../../src/http/event-loop.js';
import { eventually } from '../../support/wait.js';

describe('the delay of the event loop', () => {
  it('is told again and again, and is as long as a piece of work that let nobody have a turn', async () => {
    const delays: number[] = [];
    const timer = watchEventLoop((seconds) => delays.push(seconds));
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
});
