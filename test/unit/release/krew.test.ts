import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { runCommand } from '../../support/command.js';
import { KREW_SYSTEMS } from './krew-systems.js';

const ROOT = join(import.meta.dirname, '../../..');
const SUM = 'a'.repeat(64);
const SUMS = [
  `${'b'.repeat(64)}  registry-mirror.mjs`,
  ...KREW_SYSTEMS.map((system) => `${SUM}  registry-mirror_${system}.tar.gz`),
].join('\n');

/** What krew asks of a manifest: docs/PLUGIN_MANIFEST_TEMPLATE and its validation. */
interface Plugin {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly version: string;
    readonly homepage: string;
    readonly shortDescription: string;
    readonly platforms: readonly {
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly uri: string;
      readonly sha256: string;
      readonly bin: string;
    }[];
  };
}

async function krew(
  sums: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const args = ['--import', 'tsx', 'scripts/krew.ts', 'owner/repository', '1.2.3'];
  return await runCommand(process.execPath, args, { cwd: ROOT, stdin: sums });
}

describe('the manifest for krew', function () {
  this.timeout(20_000);

  it('has all that krew asks for, and an archive for each system', async () => {
    const { code, stdout, stderr } = await krew(SUMS);
    expect(code, stderr).to.equal(0);
    const { apiVersion, kind, metadata, spec } = parse(stdout) as Plugin;
    expect([apiVersion, kind]).to.deep.equal(['krew.googlecontainertools.github.com/v1alpha2', 'Plugin']);
    expect(metadata.name).to.match(/^[a-z0-9-]+$/);
    expect(spec.version).to.equal('v1.2.3');
    expect(spec.homepage).to.equal('https://github.com/owner/repository');
    // What kubectl krew search shows in a line.
    expect(spec.shortDescription).to.have.length.within(1, 50).and.not.match(/\.$/);
    expect(spec.platforms).to.deep.equal(
      KREW_SYSTEMS.map((system) => {
        const [os, arch] = system.split('_');
        const uri = `https://github.com/owner/repository/releases/download/v1.2.3/registry-mirror_${system}.tar.gz`;
        return { selector: { matchLabels: { os, arch } }, uri, sha256: SUM, bin: 'registry-mirror' };
      }),
    );
  });

  it('is not made of a release without archives', async () => {
    const { code, stderr } = await krew('');
    expect(code).to.equal(1);
    expect(stderr).to.include('There is no archive of the command line');
  });
});
