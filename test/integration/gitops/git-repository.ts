import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.js';
import { FLUX_NAMESPACE } from '../../cluster/flux.js';
import { runCommand } from '../../support/command.js';
import { GitServer } from './git-server.js';

const PATH = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${FLUX_NAMESPACE}/gitrepositories`;

/** Files by their paths: their text, or the folder that is copied there. */
export type Files = Readonly<Record<string, string | { readonly copyOf: string }>>;

/** A Git repository on this machine, and the GitRepository by which Flux fetches it. */
export class GitRepository {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #folder: string;
  readonly #server: GitServer;

  private constructor(cluster: Cluster, name: string, folder: string, server: GitServer) {
    this.#cluster = cluster;
    this.#name = name;
    this.#folder = folder;
    this.#server = server;
  }

  static async create(cluster: Cluster, name: string): Promise<GitRepository> {
    const folder = await mkdtemp(join(tmpdir(), 'registry-mirror-git-'));
    await git(folder, ['init', '-q', '-b', 'main']);
    const repository = new GitRepository(cluster, name, folder, await GitServer.start(folder));
    await cluster.api.json('POST', PATH, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name },
      spec: { url: repository.url, ref: { branch: 'main' }, interval: '1h' },
    });
    return repository;
  }

  get url(): string {
    return this.#server.url;
  }

  /** A new commit with these files and no others, which Flux is told of. Returns its revision. */
  async commit(files: Files): Promise<string> {
    for (const entry of await readdir(this.#folder)) {
      if (entry !== '.git') await rm(join(this.#folder, entry), { recursive: true });
    }
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.#folder, path);
      await mkdir(dirname(target), { recursive: true });
      if (typeof content === 'string') await writeFile(target, content);
      else await cp(content.copyOf, target, { recursive: true });
    }
    await git(this.#folder, ['add', '--all']);
    await git(this.#folder, ['commit', '-q', '-m', 'what is to be in the cluster']);
    const revision = `main@sha1:${(await git(this.#folder, ['rev-parse', 'HEAD'])).trim()}`;
    const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
    const patch = { metadata: { annotations } };
    await this.#cluster.api.json('PATCH', `${PATH}/${this.#name}`, patch, 'application/merge-patch+json');
    return revision;
  }

  async remove(): Promise<void> {
    await this.#cluster.api.send('DELETE', `${PATH}/${this.#name}`);
    this.#server.stop();
    await rm(this.#folder, { recursive: true });
  }
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  const person = { GIT_AUTHOR_NAME: 'test', GIT_AUTHOR_EMAIL: 'test@example.org' };
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    ...{ ...person, GIT_COMMITTER_NAME: 'test', GIT_COMMITTER_EMAIL: 'test@example.org' },
  };
  const { code, stdout, stderr } = await runCommand('git', args, { cwd: folder, env });
  if (code !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}
