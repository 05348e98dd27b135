import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { freePorts } from '../support/ports.js';
import { eventually } from '../support/wait.js';
import { buildBinaries } from './build.js';
import { makeImage } from './oci-image.js';
import type { Blob, OciImage } from './oci-image.js';
import type { Progress } from './progress.js';

/** A real registry (distribution v3) on loopback, without authentication. What it holds survives `down` and `up`, not `stop`. */
export class Registry {
  /** `127.0.0.1:port`, as in an image's name. */
  readonly host: string;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly #folder: string;
  readonly #daemons: Daemons;
  readonly #program: string;
  #daemon: Daemon | undefined;

  private constructor(program: string, port: number) {
    this.#program = program;
    this.#folder = mkdtempSync(join(tmpdir(), 'registry-mirror-registry-'));
    this.#daemons = new Daemons(this.#folder);
    this.host = `127.0.0.1:${port}`;
    this.url = `http://${this.host}`;
  }

  /** Starts a registry on a free port; its program is built first if it is not there. */
  static async start(options: { readonly progress?: Progress } = {}): Promise<Registry> {
    const binaries = await buildBinaries({ ...options, names: ['registry'] });
    const [port = 0] = await freePorts(1);
    const registry = new Registry(binaries.registry, port);
    const config = {
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: join(registry.#folder, 'data') }, delete: { enabled: true } },
      http: { addr: registry.host },
    };
    await writeFile(join(registry.#folder, 'config.yaml'), stringify(config));
    await registry.up();
    return registry;
  }

  /** Starts it again after `down`, on the same port. */
  async up(): Promise<void> {
    const daemon = this.#daemons.start({
      name: 'registry',
      program: this.#program,
      args: ['serve', join(this.#folder, 'config.yaml')],
      // Tracing is on by default and looks for a collector.
      env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
      logPath: join(this.#folder, 'registry.log'),
    });
    this.#daemon = daemon;
    await eventually(
      async () => {
        daemon.check();
        const response = await fetch(`${this.url}/v2/`);
        if (!response.ok) throw new Error(`/v2/ was answered with ${response.status}.`);
      },
      { message: 'the registry to answer', intervalMs: 20 },
    );
  }

  /** Ends its process at once: connections are refused. */
  async down(): Promise<void> {
    await this.#daemon?.stop(0);
  }

  /** Ends it and removes what it holds. */
  async stop(): Promise<void> {
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
    this.#daemons.release();
  }
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status === status) return response;
  throw new Error(
    `${response.url} was answered with ${response.status} instead of ${status}: ${await response.text()}`,
  );
}

async function pushBlob(url: string, repository: string, blob: Blob): Promise<void> {
  const opened = await expectStatus(await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' }), 202);
  const location = new URL(opened.headers.get('location') ?? '', url);
  location.searchParams.set('digest', blob.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await expectStatus(await fetch(location, { method: 'PUT', body: new Uint8Array(blob.content), headers }), 201);
}

/** Makes a tiny image, see makeImage, and pushes it to `repository:tag` of a registry. Returns what was pushed. */
export async function pushImage(
  registry: { readonly url: string },
  repository: string,
  tag: string,
  layers?: readonly string[],
): Promise<OciImage> {
  const image = makeImage(layers);
  for (const blob of [image.config, ...image.layers]) await pushBlob(registry.url, repository, blob);
  const headers = { 'content-type': image.manifest.mediaType };
  const body = new Uint8Array(image.manifest.content);
  await expectStatus(
    await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, { method: 'PUT', body, headers }),
    201,
  );
  return image;
}

/** Starts a registry, see Registry. */
export async function startRegistry(options: { readonly progress?: Progress } = {}): Promise<Registry> {
  return Registry.start(options);
}
