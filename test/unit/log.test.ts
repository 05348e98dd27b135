import { PassThrough } from 'node:stream';
import { AxiosError, AxiosHeaders } from 'axios';
import { expect } from 'chai';
import { createLog } from '../../src/log.js';
import type { Log } from '../../src/log.js';

function logAndLines(level: 'info' | 'debug' = 'info'): {
  readonly log: Log;
  readonly lines: () => readonly Record<string, unknown>[];
} {
  const stream = new PassThrough();
  const written = (): string => String(stream.read() ?? '');
  return {
    log: createLog(level, stream),
    lines: () =>
      written()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the log', () => {
  it('writes one JSON object a line, the fields that matter first', () => {
    const { log, lines } = logAndLines();
    log.with({ mirror: 'dockerhub' }).info('endpoint created', { action: 'CreateEndpoint', ms: 12, level: 'x' });
    const [line = {}] = lines();
    expect(Object.keys(line).slice(0, 4)).to.deep.equal(['timestamp', 'level', 'message', 'mirror']);
    expect(line).to.include({ level: 'info', message: 'endpoint created', action: 'CreateEndpoint', ms: 12 });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logAndLines();
    log.debug('no');
    log.warn('yes');
    expect(lines().map(({ message }) => message)).to.deep.equal(['yes']);
  });

  it('writes errors with stack, fields and cause', () => {
    const { log, lines } = logAndLines();
    log.error('failed', { error: Object.assign(new Error('boom', { cause: new Error('why') }), { kind: 'timeout' }) });
    const { error } = lines()[0] as { error: Record<string, unknown> };
    expect(error).to.include({ message: 'boom', kind: 'timeout' });
    expect(error.stack).to.match(/log\.test/);
    expect(error.cause).to.include({ message: 'why' });
  });

  it('does not stumble over circles and depth', () => {
    const { log, lines } = logAndLines();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info('round', { circle });
    expect(lines()).to.have.lengthOf(1);
  });

  it('blanks out what is called a secret, and an HTTP library’s request', () => {
    const { log, lines } = logAndLines();
    const config = {
      auth: { username: 'u', password: 'hunter2' },
      data: 'hunter2',
      headers: new AxiosHeaders({ a: 'hunter2' }),
    };
    log.error('failed', {
      password: 'hunter2',
      nested: { access_secret: 'hunter2', list: [{ Authorization: 'Basic hunter2' }], token: 'hunter2' },
      error: new AxiosError('no', 'ERR', config),
    });
    expect(JSON.stringify(lines())).not.to.include('hunter2');
  });
});
