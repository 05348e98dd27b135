import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from './cache.js';

export const imageType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';

interface Stored {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface UpstreamLogin {
  readonly username: string;
  readonly password: string;
}

/** A registry in memory that can be pulled from: an upstream for tests that need no real one. */
export class UpstreamRegistry {
  readonly #manifests = new Map<string, Stored>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #address: string;
  #gate: Promise<void> | undefined;
  #login: UpstreamLogin | undefined;
  #requests = 0;

  constructor(address = '127.0.0.1') {
    this.#address = address;
  }

  get url(): string {
    return `http://${this.#address}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many requests have come. */
  get requests(): number {
    return this.#requests;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, this.#address, resolve));
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
    this.#server.closeAllConnections();
    await closed;
  }

  /** Keeps answers to blobs back until the promise is kept. */
  holdBlobs(until: Promise<void> | undefined): void {
    this.#gate = until;
  }

  /** Asks everyone for this login from now on; for none when it is undefined. */
  requireLogin(login: UpstreamLogin | undefined): void {
    this.#login = login;
  }

  addBlob(bytes: Buffer, digest = digestOf(bytes)): string {
    this.#blobs.set(digest, bytes);
    return digest;
  }

  /** Stores a manifest under its digest and, if given, a tag. */
  addManifest(
    repository: string,
    manifest: unknown,
    mediaType: string,
    tag?: string,
    text = JSON.stringify(manifest),
  ): string {
    const stored = { mediaType, bytes: Buffer.from(text) };
    const digest = digestOf(stored.bytes);
    this.#manifests.set(`${repository}/${digest}`, stored);
    if (tag !== undefined) this.#manifests.set(`${repository}/${tag}`, stored);
    return digest;
  }

  /** Makes a small image whose content is the given word, and tags it. */
  addImage(repository: string, tag: string, word: string): string {
    const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: [word] } }));
    const layer = Buffer.from(word);
    const manifest = {
      schemaVersion: 2,
      mediaType: imageType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: this.addBlob(config),
        size: config.length,
      },
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: this.addBlob(layer), size: layer.length },
      ],
    };
    return this.addManifest(repository, manifest, imageType, tag);
  }

  removeTag(repository: string, tag: string): void {
    this.#manifests.delete(`${repository}/${tag}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    if (!this.#admits(request)) {
      response.setHeader('WWW-Authenticate', 'Basic realm="upstream"');
      const body = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] };
      respond(response, 401, 'application/json', Buffer.from(JSON.stringify(body)), request.method === 'HEAD');
      return;
    }
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(request.url ?? '') ?? [];
    const isHead = request.method === 'HEAD';
    if (request.url === '/v2/') {
      respond(response, 200, 'application/json', Buffer.from('{}'), isHead);
      return;
    }
    if (kind === 'tags') {
      this.#listTags(response, repository);
      return;
    }
    if (kind === 'blobs') await this.#gate;
    const blob = this.#blobs.get(reference);
    const stored =
      kind === 'manifests'
        ? this.#manifests.get(`${repository}/${reference}`)
        : blob && { mediaType: 'application/octet-stream', bytes: blob };
    if (stored === undefined) {
      const body = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'unknown' }] };
      respond(response, 404, 'application/json', Buffer.from(JSON.stringify(body)), isHead);
      return;
    }
    response.setHeader('Docker-Content-Digest', kind === 'blobs' ? reference : digestOf(stored.bytes));
    respond(response, 200, stored.mediaType, stored.bytes, isHead);
  }

  #admits({ headers }: IncomingMessage): boolean {
    if (this.#login === undefined) return true;
    const { username, password } = this.#login;
    return headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  #listTags(response: ServerResponse, repository: string): void {
    const tags = [...this.#manifests.keys()]
      .filter((key) => key.startsWith(`${repository}/`) && !key.includes('/sha256:'))
      .map((key) => key.slice(repository.length + 1));
    respond(response, 200, 'application/json', Buffer.from(JSON.stringify({ name: repository, tags })), false);
  }
}

function respond(response: ServerResponse, status: number, type: string, body: Buffer, isHead: boolean): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(isHead ? undefined : body);
}

/** @param address - where it listens, and Harbor reaches it */
export async function startUpstreamRegistry(address?: string): Promise<UpstreamRegistry> {
  const registry = new UpstreamRegistry(address);
  await registry.start();
  return registry;
}
