import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.js';
import { FLUX_NAMESPACE } from '../../cluster/flux.js';
import { runCommand } from '../../support/command.js';
import { portOf } from '../../support/ports.js';

const PATH = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${FLUX_NAMESPACE}/gitrepositories`;

/** A GitRepository as source-controller leaves it when it has fetched a commit: an archive of the files, and a status that says where it is. */
export class GitRepository {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #server: Server;
  #archive: Buffer = Buffer.alloc(0);
  #commits = 0;

  private constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    this.#name = name;
    this.#server = createServer((_, response) => response.end(this.#archive));
  }

  static async create(cluster: Cluster, name: string): Promise<GitRepository> {
    const repository = new GitRepository(cluster, name);
    await new Promise<void>((resolve) => repository.#server.listen(0, '127.0.0.1', resolve));
    const spec = { url: 'https://git.example.org/platform', interval: '1h' };
    await cluster.api.json('POST', PATH, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name },
      spec,
    });
    return repository;
  }

  /** A new commit with these files and no others, by their paths. Returns its revision. */
  async commit(files: Readonly<Record<string, string>>): Promise<string> {
    this.#archive = await archiveOf(files);
    this.#commits += 1;
    const digest = `sha256:${createHash('sha256').update(this.#archive).digest('hex')}`;
    const revision = `main@sha1:${String(this.#commits).padStart(40, '0')}`;
    const now = new Date().toISOString();
    const artifact = {
      digest,
      revision,
      lastUpdateTime: now,
      size: this.#archive.length,
      path: `gitrepository/${FLUX_NAMESPACE}/${this.#name}/${String(this.#commits)}.tar.gz`,
      url: `http://127.0.0.1:${portOf(this.#server)}/${String(this.#commits)}.tar.gz`,
    };
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: revision, lastTransitionTime: now };
    const status = { observedGeneration: 1, artifact, conditions: [ready] };
    await this.#cluster.api.json('PATCH', `${PATH}/${this.#name}/status`, { status }, 'application/merge-patch+json');
    return revision;
  }

  async remove(): Promise<void> {
    await this.#cluster.api.send('DELETE', `${PATH}/${this.#name}`);
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-mirror-git-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'files', path)), { recursive: true });
      await writeFile(join(folder, 'files', path), text);
    }
    const archive = join(folder, 'archive.tar.gz');
    const { code, stderr } = await runCommand('tar', ['-czf', archive, '-C', join(folder, 'files'), '.'], {});
    if (code !== 0) throw new Error(`tar failed: ${stderr}`);
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}
