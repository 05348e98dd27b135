import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../support/command.js';
import { BUILD, IMAGE, runBuildStage, texts } from '../../support/dockerfile.js';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the image', function () {
  this.timeout(120_000);
  let folder: string;
  let app: string;

  const node = dirname(process.execPath);
  const shell = async (command: string, cwd: string, path = process.env.PATH ?? ''): Promise<string> => {
    const env = { PATH: [node, path].join(delimiter), HOME: folder };
    const { code, stdout, stderr } = await runCommand('sh', ['-euc', command], { cwd, env });
    expect(code, `${command}\n${stderr}`).to.equal(0);
    return stdout;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-image-'));
    app = join(folder, 'app');
    cpSync(await runBuildStage(folder, shell), app, { recursive: true });
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('is built from files that .dockerignore lets through', () => {
    const allowed = read('.dockerignore').match(/(?<=^!).*$/gm) ?? [];
    const copied = [...texts(BUILD, 'COPY'), ...texts(IMAGE, 'COPY').filter((text) => !text.startsWith('--from'))]
      .flatMap((text) => text.split(' ').slice(0, -1))
      .map((path) => path.replace('./', ''));
    expect(allowed).to.have.members(copied);
  });

  it('has an operator that needs no node_modules', async () => {
    expect(await shell(`node ${app}/main.js --version`, folder)).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('has the command line on its PATH', async () => {
    const link = texts(IMAGE, 'RUN').find((text) => text.includes('registry-mirror')) ?? '';
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    await shell(link.replaceAll('/usr/local/bin', bin).replaceAll('/app', app), folder);
    const mirror = `{"apiVersion": "registrymirror.io/v1alpha1", "kind": "RegistryMirror", "metadata": {"name": "hub"}, "spec": {"upstream": {"type": "docker-hub"}}}`;
    const check = `echo '${mirror}' | registry-mirror check -f - --harbor-host harbor.example.org nginx`;
    expect(await shell(check, folder, `${bin}:/bin:/usr/bin`)).to.equal(
      'nginx -> harbor.example.org/hub/library/nginx (mirror hub)\n',
    );
  });

  it('has the licences of what is bundled, and a list of it', () => {
    const licenses = readFileSync(join(app, 'LICENSES.txt'), 'utf8');
    expect(licenses).to.match(/^This program contains \d+ packages of others/);
    expect(licenses)
      .to.match(/^axios \d.*: MIT$/m)
      .and.match(/^@kubernetes\/client-node \d.*: Apache-2\.0$/m);
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')) as Sbom;
    expect(sbom.bomFormat).to.equal('CycloneDX');
    const listed = sbom.components.map(({ name, version }) => `${name} ${version}`);
    const bundled = [...licenses.matchAll(/^-{80}\n(.*?): /gm)].map(([, name]) => name ?? '');
    expect(listed).to.include.members(bundled);
  });

  it('runs as nobody, starts node itself, and writes nothing', () => {
    expect(texts(IMAGE, 'USER')).to.deep.equal(['65532:65532']);
    const [entry = ''] = texts(IMAGE, 'ENTRYPOINT');
    expect(JSON.parse(entry)).to.deep.equal(['node', '--optimize-for-size', '--disable-sigusr1', '/app/main.js']);
    expect(existsSync(join(app, 'main.js'))).to.equal(true);
    expect(read('config/manager/deployment.yaml')).to.include('readOnlyRootFilesystem: true');
  });
});

interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

describe('the command line in one file', function () {
  this.timeout(60_000);

  it('works wherever it is copied to, and comes with the licences of what is in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-single-'));
    const file = join(folder, 'registry-mirror');
    const built = await runCommand(process.execPath, [join(ROOT, 'build.mjs'), '--cli', file], { cwd: ROOT });
    expect(built.code, built.stderr).to.equal(0);
    const stdin =
      'apiVersion: registrymirror.io/v1alpha1\nkind: RegistryMirror\nmetadata: {name: hub}\nspec: {upstream: {typo: x}}\n';
    const args = [file, 'check', '-f', '-', '--harbor-host', 'harbor.example.org', 'nginx'];
    const { code, stderr } = await runCommand(process.execPath, args, { cwd: folder, stdin });
    const licenses = readFileSync(join(folder, 'LICENSES.txt'), 'utf8');
    rmSync(folder, { recursive: true });
    expect(code).to.equal(2);
    expect(stderr).to.include('spec.upstream has no field "typo"');
    expect(licenses)
      .to.match(/^commander \d.*: MIT$/m)
      .and.match(/^@kubernetes\/client-node \d.*: Apache-2\.0$/m)
      .and.not.include('Node.js is licensed');
  });
});
