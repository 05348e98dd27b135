import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../support/command.js';
import type { CommandResult } from '../../support/command.js';

const ROOT = join(import.meta.dirname, '../../..');
const MIRROR = `
apiVersion: registrymirror.io/v1alpha1
kind: RegistryMirror
metadata: {name: hub}
spec: {upstream: {type: docker-hub}}
`;

describe('The command line as one program', function () {
  this.timeout(120_000);
  let folder: string;

  /** On a machine without Node: nothing is on its PATH, and nothing of this repository is near. */
  const run = async (args: readonly string[], stdin = ''): Promise<CommandResult> =>
    await runCommand(join(folder, 'registry-mirror'), args, { cwd: folder, env: { PATH: '' }, stdin });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-binary-'));
    const args = [join(ROOT, 'build.mjs'), '--binary', join(folder, 'registry-mirror')];
    const { code, stderr } = await runCommand(process.execPath, args, { cwd: ROOT });
    expect(code, stderr).to.equal(0);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('says what a mirror makes of an image, with the CRD that is in it', async () => {
    const args = ['check', '-f', '-', '--harbor-host', 'harbor.example.org', 'nginx'];
    const { stdout, stderr } = await run(args, MIRROR);
    expect(stdout + stderr).to.equal('nginx -> harbor.example.org/hub/library/nginx (mirror hub)\n');
    const wrong = await run(args, MIRROR.replace('type:', 'typo:'));
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.include('spec.upstream has no field "typo"');
  });

  it('comes with the licences of what is in it: of Node with all its parts, and of each package', () => {
    const licenses = readFileSync(join(folder, 'LICENSES.txt'), 'utf8');
    expect(licenses)
      .to.include(`This program contains Node.js ${process.version}`)
      .and.match(/^Node\.js is licensed for use as follows:$/m)
      .and.include('OpenSSL, located at deps/openssl')
      .and.match(/^commander \d.*: MIT$/m);
  });

  it('looks for a cluster', async () => {
    const { code, stderr } = await run(['explain', 'pod', 'web']);
    expect(code).to.equal(2);
    expect(stderr).to.include('There is no cluster to read: set KUBECONFIG, or give --kubeconfig.');
  });
});
