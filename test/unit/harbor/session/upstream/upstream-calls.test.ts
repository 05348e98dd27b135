import { expect } from 'chai';
import { HarborError, isHarborError } from '../../../../../src/harbor/http/errors.js';
import { UpstreamCalls } from '../../../../../src/harbor/session/upstream/upstream-calls.js';
import { eventually } from '../../../../support/wait.js';

const PLACE = { method: 'POST', path: '/api/v2.0/registries' } as const;
const MINUTE_MS = 60_000;

/** A Harbor that asks upstreams: it is busy with a call until the upstream answers, whether anybody waits for it or not. */
class BusyHarbor {
  now = 0;
  held = 0;
  open = 0;
  mostHeld = 0;
  mostOpen = 0;
  readonly calls: UpstreamCalls;
  readonly turns: string[] = [];
  readonly #ends: { readonly at: number; readonly end: () => void }[] = [];

  /** @param patienceMs - by the real clock */
  constructor(patienceMs = 0) {
    const onTurn = (mirror: string): void => void this.turns.push(mirror);
    this.calls = new UpstreamCalls({ now: () => this.now, onTurn, patienceMs, comesWithinMs: 20 });
  }

  /** Asks for a mirror, and takes what is no answer for no answer. */
  async ask(mirror: string, hangsForMs: number, upstream = `https://${mirror}.example.org`): Promise<string> {
    try {
      await this.calls.send({
        ...PLACE,
        mirror,
        upstream,
        send: (signal) => this.#answer(hangsForMs, signal),
      });
      return 'answered';
    } catch (error) {
      if (!isHarborError(error)) throw error;
      return error.kind;
    }
  }

  /** Time goes by, in which answers come. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const due of this.#ends.filter(({ at }) => at <= this.now)) {
      this.#ends.splice(this.#ends.indexOf(due), 1);
      due.end();
    }
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }

  async #answer(ms: number, signal: AbortSignal): Promise<void> {
    this.held += 1;
    this.open += 1;
    this.mostHeld = Math.max(this.mostHeld, this.held);
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => {
          this.open -= 1;
          reject(new HarborError({ kind: 'aborted', ...PLACE, reason: 'given up' }));
        });
        this.#ends.push({
          at: this.now + ms,
          end: () => {
            this.held -= 1;
            if (!signal.aborted) this.open -= 1;
            resolve();
          },
        });
      });
    } catch (error) {
      await Promise.resolve();
      throw error;
    }
  }
}

describe('calls that Harbor answers only after it has asked an upstream', () => {
  let harbor: BusyHarbor;
  const pending: Promise<string>[] = [];

  beforeEach(() => {
    harbor = new BusyHarbor();
    pending.length = 0;
  });

  /** Asks for each of so many mirrors whose upstreams hang for 41 min. */
  function askHanging(count: number): void {
    for (let index = 0; index < count; index += 1) pending.push(harbor.ask(`hanging-${index}`, 41 * MINUTE_MS));
  }

  it('are four at most with 30 mirrors whose upstreams hang, for an hour', async () => {
    const mirrors = Array.from({ length: 30 }, (_, index) => `hanging-${index}`);
    const inFlight = new Set<string>();
    for (let minute = 0; minute < 60; minute += 0.25) {
      for (const mirror of mirrors) {
        if (inFlight.has(mirror)) continue;
        inFlight.add(mirror);
        void harbor.ask(mirror, 41 * MINUTE_MS).finally(() => inFlight.delete(mirror));
      }
      await harbor.pass(MINUTE_MS / 4);
    }
    expect(harbor.mostHeld).to.equal(4);
  });

  it('let a new mirror through at once while 30 upstreams hang', async () => {
    askHanging(30);
    await harbor.pass(20_000);
    const healthy = harbor.ask('healthy', 500);
    await harbor.pass(500);
    expect(await healthy).to.equal('answered');
    expect(harbor.mostOpen).to.equal(4);
  });

  it('do not take Harbor down although ever new mirrors come whose upstreams hang', async () => {
    for (let index = 0; index < 400; index += 1) {
      void harbor.ask(`hanging-${index}`, 41 * MINUTE_MS);
      await harbor.pass(6000);
    }
    expect(harbor.mostOpen).to.equal(4);
    expect(harbor.mostHeld).to.equal(16);
  });

  it('are one for each upstream', async () => {
    const first = harbor.ask('a', MINUTE_MS, 'https://same.example.org');
    expect(await harbor.ask('b', 0, 'https://same.example.org')).to.equal('upstreamAsked');
    await harbor.pass(3000);
    expect(await harbor.ask('b', 0, 'https://same.example.org')).to.equal('upstreamSilent');
    await harbor.pass(MINUTE_MS);
    expect(await first).to.equal('answered');
    expect(harbor.mostHeld).to.equal(1);
  });

  it('tell mirrors of the same upstream one after the other that it has answered, so that none waits for its next look', async () => {
    const upstream = 'https://shared.example.org';
    const first = harbor.ask('first', 100, upstream);
    expect(await harbor.ask('second', 100, upstream)).to.equal('upstreamAsked');
    expect(await harbor.ask('third', 100, upstream)).to.equal('upstreamAsked');
    await harbor.pass(100);
    expect(await first).to.equal('answered');
    expect(harbor.turns).to.deep.equal(['second']);
    const second = harbor.ask('second', 100, upstream);
    await harbor.pass(100);
    expect(await second).to.equal('answered');
    expect(harbor.turns).to.deep.equal(['second', 'third']);
  });

  it('tell the next mirror of the same upstream where the one whose turn it is does not come, since it is deleted', async () => {
    const upstream = 'https://shared.example.org';
    pending.push(harbor.ask('first', 100, upstream));
    for (const mirror of ['deleted', 'third']) await harbor.ask(mirror, 100, upstream);
    await harbor.pass(100);
    expect(harbor.turns).to.deep.equal(['deleted']);
    await eventually(() => {
      expect(harbor.turns).to.deep.equal(['deleted', 'third']);
    });
  });

  it('wait for their turn, and are told of it', async () => {
    for (const name of ['a', 'b', 'c', 'd']) pending.push(harbor.ask(name, 1000));
    expect(await harbor.ask('e', 0)).to.equal('upstreamAsked');
    await harbor.pass(1000);
    expect(harbor.turns).to.include('e');
    const asked = harbor.ask('e', 0);
    await harbor.pass(0);
    expect(await asked).to.equal('answered');
  });

  it('wait for a moment where none hangs, and then need no second look', async () => {
    harbor = new BusyHarbor(60_000);
    const names = Array.from({ length: 20 }, (_, index) => `mirror-${index}`);
    const asked = names.map(async (name) => harbor.ask(name, 10));
    for (let round = 0; round < 5; round += 1) await harbor.pass(10);
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(['answered']));
    expect(harbor.mostOpen).to.equal(4);
    expect(harbor.turns).to.be.empty;
  });

  it('leave the place to the next in line where the one that was called is not sent after all', async () => {
    harbor = new BusyHarbor(60_000);
    const first = ['a', 'b', 'c', 'd'].map((mirror) => harbor.ask(mirror, mirror < 'c' ? 10 : 1000));
    const same = ['e', 'f'].map((mirror) => harbor.ask(mirror, 1000, 'https://same.example.org'));
    const last = harbor.ask('g', 1000);
    for (let round = 0; round < 5; round += 1) await harbor.pass(10);
    // Harbor asks that upstream for the other one already.
    expect(await same[1]).to.equal('upstreamAsked');
    expect(harbor.open).to.equal(4);
    await harbor.pass(2000);
    expect([...(await Promise.all(first)), await same[0], await last]).to.deep.equal(Array(6).fill('answered'));
  });

  it('pause after one that was given up: half a minute, and twice as long each time, up to an hour', async () => {
    const silences: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const given = harbor.calls.send({
        ...PLACE,
        mirror: 'a',
        upstream: 'https://a.example.org',
        send: () => Promise.reject(new HarborError({ kind: 'timeout', ...PLACE, reason: 'no answer' })),
      });
      const error = await given.catch((reason: unknown) => reason);
      if (!isHarborError(error, 'upstreamSilent')) throw new Error(`not silent: ${String(error)}`);
      silences.push((error.retryAfterMs ?? 0) / 1000);
      expect(await harbor.ask('a', 0)).to.equal('upstreamSilent');
      // Long enough for Harbor to be done with those that were given up, too.
      await harbor.pass(Math.max(error.retryAfterMs ?? 0, 46 * MINUTE_MS));
    }
    expect(silences).to.deep.equal([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('do not pause after an answer, whatever it is', async () => {
    const refused = harbor.calls.send({
      ...PLACE,
      mirror: 'a',
      upstream: 'https://a.example.org',
      send: () => Promise.reject(new HarborError({ kind: 'upstreamUnhealthy', ...PLACE, reason: 'refused' })),
    });
    expect(await refused.catch((error: unknown) => (isHarborError(error) ? error.kind : error))).to.equal(
      'upstreamUnhealthy',
    );
    const again = harbor.ask('a', 0);
    await harbor.pass(0);
    expect(await again).to.equal('answered');
  });
});
