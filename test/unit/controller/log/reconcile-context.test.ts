import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { inReconcile, logOfReconcile } from '../../../../src/controller/log/reconcile-context.js';
import { createLog } from '../../../../src/log.js';

describe('a log line of a reconcile', () => {
  it('carries its id and the mirror’s name, with many under way at once', async () => {
    const stream = new PassThrough();
    const plain = createLog('info', stream);
    const log = logOfReconcile(plain);
    const look = async (): Promise<void> => {
      log.info('first');
      await setImmediate();
      log.info('second');
      plain.info('not of the reconcile');
    };
    await Promise.all([inReconcile('a', look), inReconcile('b', look)]);
    log.info('outside');
    const lines = String(stream.read())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const of = (mirror: string | undefined): readonly Record<string, string>[] =>
      lines.filter((line) => line.mirror === mirror);
    for (const mirror of ['a', 'b']) {
      expect(of(mirror).map(({ message }) => message)).to.deep.equal(['first', 'second']);
      expect(new Set(of(mirror).map(({ reconcileId }) => reconcileId))).to.have.lengthOf(1);
    }
    expect(of('a')[0]?.reconcileId)
      .to.match(/^[0-9a-f]{8}$/)
      .and.not.equal(of('b')[0]?.reconcileId);
    expect(of(undefined).map(({ reconcileId }) => reconcileId)).to.deep.equal([undefined, undefined, undefined]);
  });
});
