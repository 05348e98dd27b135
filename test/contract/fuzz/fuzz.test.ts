import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import type { HarborApi } from '../../../src/harbor/api.js';
import { createHarborClient } from '../../../src/harbor/client.js';
import { isHarborError } from '../../../src/harbor/http/errors.js';
import { startRawServer } from '../../support/raw-server.js';
import type { RawServer } from '../../support/raw-server.js';
import { fuzzedAnswer, give } from './answers.js';
import type { FuzzedAnswer } from './answers.js';
import { CALLS } from './calls.js';

const BATCHES = 100;
const BATCH = 100;
const MIB = 1024 * 1024;
const LOGIN = { username: 'robot$x', password: 'hunter2-harbor' };
const OPTIONS = { retries: 1, retryDelayMs: 1, maxRetryAfterMs: 0, requestTimeoutMs: 250, maxResponseBytes: MIB };

interface FuzzedExchange {
  readonly call: keyof HarborApi;
  readonly answer: FuzzedAnswer;
}

const exchange: fc.Arbitrary<FuzzedExchange> = fc.record({
  call: fc.constantFrom(...(Object.keys(CALLS) as (keyof HarborApi)[])),
  answer: fuzzedAnswer,
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** In bytes, without what is only not collected yet: how much that is depends on what else the machine does. */
function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('ten thousand hostile answers of a Harbor', function () {
  this.timeout(180_000);
  const unhandled: unknown[] = [];
  const answers = new Map<string, FuzzedAnswer>();
  const asked = new Map<string, number>();
  let server: RawServer;
  let cases = 0;

  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };

  before(async () => {
    process.on('unhandledRejection', onUnhandled);
    server = await startRawServer((request, response) => {
      const id = request.url?.split('/')[1] ?? '';
      asked.set(id, (asked.get(id) ?? 0) + 1);
      // What is kept of each request would be this test's own leak.
      (server.requests as unknown[]).length = 0;
      const answer = answers.get(id);
      if (answer === undefined) response.socket?.destroy();
      else give(answer, response);
    });
  });

  after(async () => {
    process.off('unhandledRejection', onUnhandled);
    await server.close();
  });

  async function check({ call, answer }: FuzzedExchange): Promise<void> {
    const id = String(++cases);
    answers.set(id, answer);
    const client = createHarborClient({ url: `${server.url}/${id}`, ...LOGIN }, OPTIONS);
    const { run, isRight, requests } = CALLS[call];
    try {
      const value = await run(client);
      expect(isRight(value), `${call} resolved to ${JSON.stringify(value)}`).to.be.true;
    } catch (error) {
      if (!isHarborError(error)) throw error;
      expect(error.message.length, error.message).to.be.below(1000);
      expect(error.message).not.to.include(LOGIN.password);
    } finally {
      client.close();
      answers.delete(id);
    }
    expect(asked.get(id) ?? 0, `requests of ${call}`).to.be.at.most(requests);
    asked.delete(id);
  }

  it('each end in a typed error or in a value of the right type, after few requests, and leave little in memory', async () => {
    const before = heapInUse();
    await fc.assert(
      fc.asyncProperty(fc.array(exchange, { minLength: BATCH, maxLength: BATCH }), async (exchanges) => {
        await Promise.all(exchanges.map(check));
      }),
      { numRuns: BATCHES, seed: 20261125, endOnFailure: true },
    );
    expect(cases).to.equal(BATCHES * BATCH);
    expect(unhandled).to.deep.equal([]);
    expect({}).not.to.have.property('polluted');
    expect(heapInUse() - before).to.be.below(20 * MIB);
  });
});
