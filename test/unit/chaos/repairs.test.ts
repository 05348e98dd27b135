import { expect } from 'chai';
import { carryOut } from '../../chaos/steps/repairs.js';
import type { Repair } from '../../chaos/steps/repairs.js';
import { WaitTimeoutError } from '../../support/wait.js';

describe('how a chaos run is mended', () => {
  let done: string[];

  beforeEach(() => {
    done = [];
  });

  /** A repair that the API server refuses so many times. */
  function repair(what: string, refusals: number): Repair {
    let left = refusals;
    const attempt = async (): Promise<void> => {
      await Promise.resolve();
      left -= 1;
      if (left >= 0) throw new Error('kubectl apply failed: net/http: TLS handshake timeout');
      done.push(what);
    };
    return { what, attempt };
  }

  it('goes on with what the API server refuses for a while, and does the rest after it', async () => {
    await carryOut([repair('the login', 3), repair('a Secret', 0)], { timeoutMs: 9000, intervalMs: 1 });
    expect(done).to.deep.equal(['the login', 'a Secret']);
  });

  it('ends where it is refused for good, and says what, and why', async () => {
    const end = await carryOut([repair('the login', Infinity), repair('a Secret', 0)], { timeoutMs: 0 }).catch(
      (error: unknown) => error,
    );
    expect(end).to.be.instanceOf(WaitTimeoutError);
    expect(String(end)).to.include('for the login').and.include('TLS handshake timeout');
    expect(done).to.deep.equal([]);
  });
});
