import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../support/command.js';
import { bringHistory, RELEASES } from '../../support/release.js';

const ROOT = join(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

describe('the releases that an upgrade is tried from', () => {
  it('each have their CRD kept', () => {
    const kept = globSync('test/data/crds/*.yaml', { cwd: ROOT }).map((path) => basename(path, '.yaml'));
    const listed = RELEASES.map(({ name }) => name);
    // The commit of a release has its CRD, and can't name itself: the one in the making is listed after its tag.
    const inTheMaking = kept.filter((name) => name === version && !listed.includes(name));
    expect([...listed, ...inTheMaking]).to.have.members(kept);
  });

  it('say what to do where a copy of the repository lacks their commits', async () => {
    const [oldest] = RELEASES;
    const copy = mkdtempSync(join(tmpdir(), 'registry-mirror-shallow-'));
    try {
      await runCommand('git', ['init', '--quiet', copy]);
      const error = await bringHistory(oldest, copy).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(String(error)).to.include(oldest.commit).and.include('git fetch --unshallow');
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});
