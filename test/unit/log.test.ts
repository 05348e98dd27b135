import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { AxiosError, AxiosHeaders } from 'axios';
import { expect } from 'chai';
import { HarborError } from '../../src/harbor/http/errors.js';
import { KubernetesError } from '../../src/kubernetes/errors.js';
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

  it('leaves the stack out where the kind of an error says all, and keeps it where it may be a bug', async () => {
    const { log, lines } = logAndLines();
    const harbor = new HarborError({
      kind: 'unreachable',
      method: 'GET',
      path: '/x',
      reason: 'refused',
      code: 'ECONNREFUSED',
    });
    const refused = await once(connect(1, '127.0.0.1'), 'connect').catch((error: unknown) => error);
    for (const error of [new KubernetesError('forbidden', 'GET /x: no', 403), harbor, refused, new TypeError('a bug')])
      log.warn('failed', { error });
    const errors = lines().map(({ error }) => error as Record<string, unknown>);
    expect(errors.map(({ kind, status, code }) => kind ?? status ?? code)).to.deep.equal([
      'forbidden',
      'unreachable',
      'ECONNREFUSED',
      undefined,
    ]);
    expect(errors.map(({ stack }) => typeof stack)).to.deep.equal(['undefined', 'undefined', 'undefined', 'string']);
  });

  it('asks at each line for fields that change', () => {
    const { log, lines } = logAndLines();
    let count = 0;
    const counting = log.with({ a: 1 }).with(() => ({ count: (count += 1) }));
    counting.info('one');
    counting.info('two', { count: 'own' });
    expect(lines().map((line) => [line.a, line.count])).to.deep.equal([
      [1, 1],
      [1, 'own'],
    ]);
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
