import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborClient } from '../../../../src/harbor/client.js';
import { isHarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborError, HarborErrorKind } from '../../../../src/harbor/http/errors.js';
import type { RequestOptions } from '../../../../src/harbor/http/request.js';
import { portOf } from '../../../support/ports.js';
import { startRawServer } from '../../../support/raw-server.js';
import type { RawServer } from '../../../support/raw-server.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** How a Harbor that means no good answers, and what the caller is told. */
interface Case {
  readonly name: string;
  readonly answer: (response: ServerResponse) => void;
  readonly kind: HarborErrorKind;
  readonly reason?: RegExp;
}

/** Writes for as long as somebody listens. */
function endless(response: ServerResponse, chunk: string | Buffer): void {
  const write = (): void => {
    while (!response.destroyed) {
      if (!response.write(chunk)) {
        response.once('drain', write);
        return;
      }
    }
  };
  write();
}

const CASES: readonly Case[] = [
  {
    name: 'never ends',
    answer: (response) => {
      endless(response, 'x'.repeat(64 * KIB));
    },
    kind: 'unexpectedAnswer',
    reason: /an answer of more than 1048576 bytes/,
  },
  {
    name: 'is small and becomes large when it is decompressed',
    answer: (response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(20 * MIB)));
    },
    kind: 'unexpectedAnswer',
    reason: /an answer of more than 1048576 bytes/,
  },
  {
    name: 'is small and becomes large by brotli',
    answer: (response) => {
      response.writeHead(200, { 'Content-Encoding': 'br' });
      response.end(brotliCompressSync(Buffer.alloc(20 * MIB), FAST));
    },
    kind: 'unexpectedAnswer',
    reason: /an answer of more than 1048576 bytes/,
  },
  {
    name: 'says that it is compressed, and is not',
    answer: (response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      response.end('{"harbor_version":"v2.15.2"}');
    },
    kind: 'unexpectedAnswer',
  },
  {
    name: 'claims to be much longer than it is',
    answer: (response) => {
      response.writeHead(200, { 'Content-Length': '99999999999999' });
      response.write('{}');
      response.socket?.end();
    },
    kind: 'unreachable',
  },
  {
    name: 'comes a byte at a time',
    answer: (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 5);
      response.once('close', () => {
        clearInterval(timer);
      });
    },
    kind: 'timeout',
  },
  {
    name: 'never gets past its announcements (103)',
    answer: (response) => {
      const timer = setInterval(() => response.socket?.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'), 1);
      response.once('close', () => {
        clearInterval(timer);
      });
    },
    kind: 'timeout',
  },
  {
    name: 'is a flood of headers',
    answer: (response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\n${'X-Flood: 1234567890\r\n'.repeat(10_000)}\r\n{}`);
    },
    kind: 'unreachable',
  },
  {
    name: 'changes the protocol',
    answer: (response) => {
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    },
    kind: 'timeout',
  },
  {
    name: 'is a web page',
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<html><title>Welcome</title></html>');
    },
    kind: 'unexpectedAnswer',
    reason: /no JSON/,
  },
  {
    name: 'is a list a hundred thousand deep',
    answer: (response) => {
      response.end('['.repeat(100_000) + ']'.repeat(100_000));
    },
    kind: 'unexpectedAnswer',
  },
  {
    name: 'is an object a hundred thousand deep',
    answer: (response) => {
      response.end('{"harbor_version":'.repeat(50_000) + '1' + '}'.repeat(50_000));
    },
    kind: 'unexpectedAnswer',
  },
  {
    name: 'has a version that is a million characters long',
    answer: (response) => {
      response.end(JSON.stringify({ harbor_version: 'x'.repeat(1_000_000) }));
    },
    kind: 'unexpectedAnswer',
    reason: /harbor_version: too_big/,
  },
  {
    name: 'says in a million characters why it refuses',
    answer: (response) => {
      response.writeHead(400, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'BAD', message: 'x\n'.repeat(300_000) }] }));
    },
    kind: 'invalid',
    reason: /^(x ){100,}.{0,2}…$/,
  },
  {
    name: 'leads to what only the operator’s machine reaches',
    answer: (response) => {
      response.writeHead(307, { Location: 'http://169.254.169.254/latest/meta-data/?token=hunter3' });
      response.end();
    },
    kind: 'redirected',
    reason: /^a redirect to http:\/\/169\.254\.169\.254\/latest\/meta-data\/, which is not followed: /,
  },
  {
    name: 'leads back to itself',
    answer: (response) => {
      response.writeHead(302, { Location: '/api/v2.0/systeminfo' });
      response.end();
    },
    kind: 'redirected',
  },
];

describe('a Harbor that means no good', () => {
  const clients: HarborClient[] = [];
  const servers: RawServer[] = [];

  async function harbor(
    answer: Parameters<typeof startRawServer>[0],
    options: RequestOptions = {},
  ): Promise<{ readonly client: HarborClient; readonly server: RawServer }> {
    const server = await startRawServer(answer);
    servers.push(server);
    const login = { username: 'robot$x', password: 'hunter2' };
    const client = createHarborClient(
      { url: server.url, ...login },
      { retries: 1, retryDelayMs: 1, requestTimeoutMs: 2000, maxResponseBytes: MIB, ...options },
    );
    clients.push(client);
    return { client, server };
  }

  async function failure(promise: Promise<unknown>): Promise<HarborError> {
    const outcome: unknown = await promise.catch((error: unknown) => error);
    expect(isHarborError(outcome), String(outcome)).to.be.true;
    return outcome as HarborError;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  for (const { name, answer, kind, reason = /./ } of CASES) {
    it(`whose answer ${name} ends in ${kind}`, async () => {
      const options = kind === 'timeout' ? { requestTimeoutMs: 200 } : {};
      const { client, server } = await harbor((_, response) => {
        answer(response);
      }, options);
      const error = await failure(client.systemInfo());
      expect(error.kind).to.equal(kind);
      expect(error.reason).to.match(reason);
      expect(error.message.length).to.be.below(700);
      expect(server.requests.length).to.be.at.most(2);
    });
  }

  it('gets a login from nobody who never finishes the TLS handshake, and doesn’t hold the caller', async () => {
    const seen: Buffer[] = [];
    const silent = createServer((socket) => socket.on('data', (bytes: Buffer) => seen.push(bytes)));
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${portOf(silent)}`;
    const options = { retries: 0, requestTimeoutMs: 200 };
    const client = createHarborClient({ url, username: 'robot$x', password: 'hunter2' }, options);
    clients.push(client);
    expect((await failure(client.systemInfo())).kind).to.equal('timeout');
    const login = Buffer.from('robot$x:hunter2').toString('base64');
    expect(Buffer.concat(seen).toString('latin1')).to.not.be.empty.and.not.include(login);
    client.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('sends no login on to another host that it is redirected to', async () => {
    const elsewhere = await harbor((_, response) => response.end('{"harbor_version":"v2.15.2"}'));
    const { client } = await harbor((_, response) => {
      response.writeHead(308, { Location: `${elsewhere.server.url}/api/v2.0/systeminfo` });
      response.end();
    });
    expect((await failure(client.systemInfo())).kind).to.equal('redirected');
    expect(elsewhere.server.requests).to.deep.equal([]);
  });

  it('has all of its answers together bounded, and the next ones are read', async () => {
    let attack = true;
    const { client } = await harbor(
      (_, response) => {
        if (!attack) response.end('{"harbor_version":"v2.15.2"}');
        // Held open below the limit of one answer, until all of them are over the limit for all.
        else response.write(' '.repeat(0.9 * MIB));
      },
      { maxConcurrentBytes: 3 * MIB, requestTimeoutMs: 1000, retries: 0 },
    );
    const errors = await Promise.all(Array.from({ length: 6 }, async () => failure(client.systemInfo())));
    const refused = errors.filter(({ reason }) => reason === 'answers of more than 3145728 bytes at the same time');
    expect(refused).to.have.length.within(1, 5);
    expect(errors.filter(({ kind }) => kind === 'timeout')).to.have.lengthOf(6 - refused.length);
    attack = false;
    expect(await client.systemInfo()).to.include({ version: 'v2.15.2' });
  });

  it('is asked for no page but the next of its own list, wherever its Link leads', async () => {
    const { client, server } = await harbor((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page'));
      response.setHeader('X-Total-Count', '150');
      response.setHeader('Link', '<http://169.254.169.254/latest?page=2>; rel="next", </etc/passwd>; rel="next"');
      const ids = Array.from({ length: page === 1 ? 100 : 50 }, (_, index) => (page - 1) * 100 + index + 1);
      response.end(JSON.stringify(ids.map((id) => ({ id, name: `e${id}`, type: 'docker-registry' }))));
    });
    expect((await client.listEndpoints()).items).to.have.lengthOf(150);
    const paths = server.requests.map(({ url }) => url?.split('?')[0]);
    expect(paths).to.deep.equal(['/api/v2.0/registries', '/api/v2.0/registries']);
  });

  it('changes no object of this program by the names of its fields', async () => {
    const { client } = await harbor((_, response) => {
      response.setHeader('X-Total-Count', '1');
      response.end(
        '[{"project_id":7,"name":"p","__proto__":{"polluted":true},"metadata":{"__proto__":"x","constructor":"y"},"name":"q"}]',
      );
    });
    const { items } = await client.listProjects();
    expect(items.map(({ name }) => name)).to.deep.equal(['q']);
    expect({}).not.to.have.property('polluted');
    expect(items[0]).not.to.have.property('polluted');
  });

  it('may have carried out a write that it answered in no words of Harbor’s', async () => {
    const { client } = await harbor((_, response) => {
      response.writeHead(201, { Location: '/api/v2.0/projects/99999999999999999999' });
      response.end('<html></html>');
    });
    expect(await failure(client.createProject({ name: 'p', registryId: 1, metadata: {} }))).to.include({
      kind: 'unexpectedAnswer',
      mayHaveHappened: true,
    });
  });
});
