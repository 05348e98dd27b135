import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { portOf } from '../../support/ports.js';

/** Serves one repository to who fetches it, by Git's smart protocol over http: what `git upload-pack` says, in the frame that the protocol has. */
export class GitServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param folder - the repository */
  static async start(folder: string): Promise<GitServer> {
    const server = createServer((request, response) => {
      answer(folder, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new GitServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}/platform.git`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://git');
  if (pathname.endsWith('/info/refs') && searchParams.get('service') === 'git-upload-pack') {
    response.setHeader('Content-Type', 'application/x-git-upload-pack-advertisement');
    const service = '# service=git-upload-pack\n';
    response.write(`${(service.length + 4).toString(16).padStart(4, '0')}${service}0000`);
    uploadPack(['--advertise-refs', folder], response).end();
  } else if (pathname.endsWith('/git-upload-pack')) {
    response.setHeader('Content-Type', 'application/x-git-upload-pack-result');
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    body.pipe(uploadPack([folder], response));
  } else response.writeHead(404).end();
}

function uploadPack(args: readonly string[], response: ServerResponse): NodeJS.WritableStream {
  const child = spawn('git', ['upload-pack', '--stateless-rpc', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  // Who fetches may end a call early.
  child.stdin.on('error', () => undefined);
  child.stdout.pipe(response);
  return child.stdin;
}
