import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../support/command.js';
import { BuildError } from './build-error.js';
import { cacheFolder } from './pins.js';
import type { Progress } from './progress.js';

/** An archive with etcd, kube-apiserver and kubectl, as Kubernetes' controller-tools release it for tests. */
export interface Archive {
  readonly url: string;
  /** SHA-512 of the file, in hex. */
  readonly sha512: string;
}

export const ARCHIVED = ['etcd', 'kube-apiserver', 'kubectl'] as const;

const VERSION = 'v1.36.2';

/** From envtest-releases.yaml of kubernetes-sigs/controller-tools at commit 434758187ddd, by Node's words for the system and the processor. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-x64':
    'ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08',
  'linux-arm64':
    '2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac',
  'darwin-x64':
    'b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514',
  'darwin-arm64':
    '9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce',
};

/** How long the server may take to answer, and how long the whole download may take. */
const ANSWER_MS = 10_000;
const DOWNLOAD_MS = 10 * 60_000;

/** The archive that the environment names (ENVTEST_ARCHIVE_URL with ENVTEST_ARCHIVE_SHA512; `off` for none), else the pinned one, if there is one for this system. */
export function envtestArchive(
  environment: NodeJS.ProcessEnv = process.env,
  system = `${process.platform}-${process.arch}`,
): Archive | undefined {
  const { ENVTEST_ARCHIVE_URL: url = '', ENVTEST_ARCHIVE_SHA512: given = '' } = environment;
  if (url === 'off') return undefined;
  if (url !== '') {
    if (/^[0-9a-f]{128}$/.test(given)) return { url, sha512: given };
    throw new BuildError(
      'ChecksumMissing',
      'ENVTEST_ARCHIVE_URL is used only with its checksum: set ENVTEST_ARCHIVE_SHA512 to the 128 hexadecimal digits of its SHA-512.',
    );
  }
  const sha512 = CHECKSUMS[system];
  if (sha512 === undefined) return undefined;
  const file = `envtest-${VERSION}-${system.replace('x64', 'amd64')}.tar.gz`;
  const releases = 'https://github.com/kubernetes-sigs/controller-tools/releases/download';
  return { url: `${releases}/envtest-${VERSION}/${file}`, sha512 };
}

/**
 * The folder with an archive's programs, downloaded into the cache if it is not there yet; undefined, said in a line of progress, where the archive can't be
 * downloaded. Throws BuildError where what was downloaded is not what the checksum says.
 */
export async function unpackedArchive(archive: Archive, progress: Progress): Promise<string | undefined> {
  const folder = join(cacheFolder(), 'bin', `envtest-${archive.sha512.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  progress(`downloading ${archive.url} …`);
  const content = await download(archive.url);
  if (typeof content === 'string') {
    progress(`This archive can't be downloaded (${content}): its programs are built instead.`);
    return undefined;
  }
  const sha512 = createHash('sha512').update(content).digest('hex');
  if (sha512 !== archive.sha512) {
    throw new BuildError(
      'ChecksumWrong',
      `${archive.url} has the SHA-512 ${sha512}, and should have ${archive.sha512}. Nothing of it is used. To have its programs built, set ENVTEST_ARCHIVE_URL=off.`,
    );
  }
  await unpack(content, folder);
  return folder;
}

/** The file, or why it can't be had. */
async function download(url: string): Promise<Buffer | string> {
  const answered = new AbortController();
  const timer = setTimeout(() => {
    answered.abort(new Error(`no answer within ${ANSWER_MS / 1000} s`));
  }, ANSWER_MS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([answered.signal, AbortSignal.timeout(DOWNLOAD_MS)]) });
    clearTimeout(timer);
    if (!response.ok) return `answered with ${response.status}`;
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  } finally {
    clearTimeout(timer);
  }
}

/** By way of a temporary folder, so that a half-written one is never taken for a whole one, whoever else does the same. */
async function unpack(content: Buffer, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(`${folder}.${randomUUID()}.`);
  try {
    const file = join(temporary, 'archive.tar.gz');
    await writeFile(file, content);
    const args = ['-xzf', file, '--strip-components=2', '-C', temporary];
    const { code, stderr } = await runCommand('tar', args);
    if (code !== 0) throw new BuildError('ArchiveUnreadable', `tar can't unpack ${file}: ${stderr}`);
    await rm(file);
    const missing = ARCHIVED.filter((name) => !existsSync(join(temporary, name)));
    if (missing.length > 0) {
      throw new BuildError(
        'ArchiveUnreadable',
        `The archive has no ${missing.join(', ')} in controller-tools/envtest.`,
      );
    }
    await rename(temporary, folder).catch((error: unknown) => {
      // Another process was first.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
