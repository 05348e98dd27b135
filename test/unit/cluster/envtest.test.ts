import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { envtestArchive, unpackedArchive } from '../../cluster/envtest.js';
import type { Archive } from '../../cluster/envtest.js';
import { silent } from '../../cluster/progress.js';
import { serveArchive } from '../../support/envtest-archive.js';
import type { ServedArchive } from '../../support/envtest-archive.js';

describe('the archive of envtest', () => {
  const cacheBefore = process.env.REGISTRY_MIRROR_CACHE;
  let folder: string;
  let served: ServedArchive;
  let archive: Archive;

  const serve = async (names?: readonly string[]): Promise<void> => {
    served = await serveArchive(folder, names);
    const { ENVTEST_ARCHIVE_URL: url, ENVTEST_ARCHIVE_SHA512: sha512 } = served.environment;
    archive = { url, sha512 };
  };
  const failure = async (of: Archive): Promise<string> =>
    unpackedArchive(of, silent).then(
      () => 'none',
      (error: unknown) => String(error),
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-envtest-'));
    process.env.REGISTRY_MIRROR_CACHE = join(folder, 'cache');
  });

  afterEach(async () => {
    await served.close();
    rmSync(folder, { recursive: true });
    if (cacheBefore === undefined) Reflect.deleteProperty(process.env, 'REGISTRY_MIRROR_CACHE');
    else process.env.REGISTRY_MIRROR_CACHE = cacheBefore;
  });

  it('is unpacked into the cache once, and leaves nothing else there', async () => {
    await serve();
    const lines: string[] = [];
    const path = await unpackedArchive(archive, (line) => lines.push(line));
    expect(readFileSync(join(path ?? '', 'etcd'), 'utf8')).to.equal('the etcd of the archive\n');
    expect(readdirSync(join(folder, 'cache/bin'))).to.have.length(1);
    expect(await unpackedArchive(archive, (line) => lines.push(line))).to.equal(path);
    expect(lines).to.deep.equal([`downloading ${archive.url} …`]);
  });

  it('is refused where it is not what the checksum says, and nothing of it is kept', async () => {
    await serve();
    expect(await failure({ ...archive, sha512: '0'.repeat(128) })).to.match(
      /has the SHA-512 [0-9a-f]{128}, and should have 0+\. Nothing of it is used\. To have its programs built, set ENVTEST_ARCHIVE_URL=off\./,
    );
    expect(() => readdirSync(join(folder, 'cache/bin'))).to.throw('ENOENT');
  });

  it('is refused where a program is missing in it', async () => {
    await serve(['etcd', 'kubectl']);
    expect(await failure(archive)).to.include('The archive has no kube-apiserver');
    expect(readdirSync(join(folder, 'cache/bin'))).to.deep.equal([]);
  });

  it('is given up where the server has none, and says so', async () => {
    await serve();
    const lines: string[] = [];
    const elsewhere = { ...archive, url: archive.url.replace('envtest.tar', 'other.tar') };
    expect(await unpackedArchive(elsewhere, (line) => lines.push(line))).to.equal(undefined);
    expect(lines[1]).to.equal("This archive can't be downloaded (answered with 404): its programs are built instead.");
  });
});

describe('which archive of envtest is taken', () => {
  it('is the pinned one for this system', () => {
    const { url, sha512 } = envtestArchive({}, 'linux-x64') ?? {};
    expect(url).to.match(/\/envtest-v1\.36\.2\/envtest-v1\.36\.2-linux-amd64\.tar\.gz$/);
    expect(sha512).to.match(/^ea743186[0-9a-f]{120}$/);
  });

  it('is none for a system that the project has no checksum of, nor where it is switched off', () => {
    expect(envtestArchive({}, 'linux-s390x')).to.equal(undefined);
    expect(envtestArchive({ ENVTEST_ARCHIVE_URL: 'off' }, 'linux-x64')).to.equal(undefined);
  });

  it('is none without a checksum', () => {
    expect(() => envtestArchive({ ENVTEST_ARCHIVE_URL: 'https://example.org/a.tar.gz' })).to.throw(
      'set ENVTEST_ARCHIVE_SHA512 to the 128 hexadecimal digits of its SHA-512',
    );
  });
});
