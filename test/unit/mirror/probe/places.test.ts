import { expect } from 'chai';
import { Places } from '../../../../src/mirror/probe/places.js';
import { eventually } from '../../../support/wait.js';

describe('The places for probes at one Harbor', () => {
  const forever = new AbortController().signal;

  /** Begins probes that end when they are told to. */
  function begin(
    places: Places,
    count: number,
  ): { readonly begun: () => number; readonly endAll: () => Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let begun = 0;
    const probes = Array.from({ length: count }, async () => {
      await places.run(async () => {
        begun += 1;
        await promise;
      }, forever);
    });
    return {
      begun: () => begun,
      endAll: async () => {
        resolve(undefined);
        await Promise.all(probes);
      },
    };
  }

  it('are four, and idle when all is over', async () => {
    const places = new Places(60_000);
    expect(places.isIdle).to.equal(true);
    const probes = begin(places, 6);
    await eventually(() => {
      expect(probes.begun()).to.equal(4);
    });
    expect(places.isIdle).to.equal(false);
    await probes.endAll();
    expect(probes.begun()).to.equal(6);
    expect(places.isIdle).to.equal(true);
  });

  it('are left by those that hang, so that others get answers, but sixteen at most', async () => {
    const places = new Places(1);
    const hanging = begin(places, 12);
    await eventually(() => {
      expect(hanging.begun()).to.equal(12);
    });
    expect(await places.run(() => Promise.resolve('served'), forever)).to.equal('served');
    const more = begin(places, 6);
    await eventually(() => {
      expect(more.begun()).to.equal(4);
    });
    await Promise.all([hanging.endAll(), more.endAll()]);
    expect(places.isIdle).to.equal(true);
  });

  it('tell whoever asked of the error, and whoever gave up waiting that it did', async () => {
    const places = new Places();
    const error: unknown = await places
      .run(() => Promise.reject(new Error('no')), forever)
      .catch((reason: unknown) => reason);
    expect(String(error)).to.equal('Error: no');
    const over = AbortSignal.abort();
    const gaveUp: unknown = await places.run(() => Promise.resolve('x'), over).catch((reason: unknown) => reason);
    expect(gaveUp).to.equal(over.reason);
  });
});
