import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { serve, text } from '../../../src/http/server.js';
import type { HttpServer } from '../../../src/http/server.js';
import { selfSigned } from '../../harbor/certificate.js';
import { eventually } from '../../support/wait.js';

const [old, fresh] = [selfSigned('127.0.0.1'), selfSigned('127.0.0.1')];

describe('metrics over https', () => {
  let folder = '';
  let server: HttpServer | undefined;
  const problems: string[] = [];
  const files = (): { readonly certFile: string; readonly keyFile: string } => ({
    certFile: join(folder, 'tls.crt'),
    keyFile: join(folder, 'tls.key'),
  });
  const write = ({ cert, key }: { readonly cert: string; readonly key: string }): void => {
    writeFileSync(files().certFile, cert);
    writeFileSync(files().keyFile, key);
  };

  async function start(): Promise<HttpServer> {
    const routes = { '/metrics': () => Promise.resolve(text(200, 'numbers')) };
    const onProblem = ({ message }: Error): void => void problems.push(message);
    server = await serve({ host: '127.0.0.1', port: 0 }, routes, () => undefined, {
      ...files(),
      lookEveryMs: 10,
      onProblem,
    });
    return server;
  }

  /** What somebody reads who trusts this certificate, and no other; the error's code, where it is another one. */
  async function read(port: number, trusted: string): Promise<string> {
    return await new Promise((resolve, reject) => {
      // A connection of its own: a kept one has the certificate from before.
      request({ host: '127.0.0.1', port, path: '/metrics', ca: trusted, agent: false }, (response) => {
        response.setEncoding('utf8').once('data', resolve).once('error', reject);
      })
        .once('error', (error: NodeJS.ErrnoException) => {
          resolve(error.code ?? error.message);
        })
        .end();
    });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-certificate-'));
    problems.length = 0;
    write(old);
  });

  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('are for whoever trusts the certificate', async () => {
    const { port } = await start();
    expect(await read(port, old.cert)).to.equal('numbers\n');
    expect(await read(port, fresh.cert)).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('say nothing over plain http', async () => {
    const { port } = await start();
    expect(await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => 'no answer')).to.equal('no answer');
  });

  it('come with a changed certificate, without a restart', async () => {
    const { port } = await start();
    write(fresh);
    await eventually(async () => {
      expect(await read(port, fresh.cert)).to.equal('numbers\n');
    });
    expect(problems).to.deep.equal([]);
  });

  it('keep their certificate while a changed one can’t be used, and say so once', async () => {
    const { port } = await start();
    writeFileSync(files().certFile, 'no certificate');
    await eventually(() => {
      expect(problems).to.have.lengthOf(1);
    });
    expect(await read(port, old.cert)).to.equal('numbers\n');
    write(fresh);
    await eventually(async () => {
      expect(await read(port, fresh.cert)).to.equal('numbers\n');
    });
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.include(files().certFile);
  });

  for (const [what, spoil] of [
    [
      'there is no file',
      () => {
        rmSync(files().keyFile);
      },
    ],
    [
      'the key is another certificate’s',
      () => {
        writeFileSync(files().keyFile, fresh.key);
      },
    ],
  ] as const) {
    it(`are not served where ${what}`, async () => {
      spoil();
      const error: unknown = await start().catch((reason: unknown) => reason);
      expect(error).to.be.an.instanceOf(Error).with.property('message').that.includes(files().keyFile);
    });
  }
});
