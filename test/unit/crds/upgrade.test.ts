import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CRD_PATH } from '../../../scripts/generated-files.js';
import type { Crd } from '../../../scripts/schema.js';
import { breakingChanges } from '../../support/schema-changes.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const current = parse(read(CRD_PATH)) as Crd;
const changelog = read('CHANGELOG.md');
const golden = globSync('test/data/crds/*.yaml', { cwd: root }).sort();

/** What the CHANGELOG says under `### Breaking`, in all releases: each line names the field that it is about, in backquotes. */
const notes = changelog
  .split(/^#{2,3} /m)
  .filter((section) => section.startsWith('Breaking'))
  .join('\n');

describe('the CRD', () => {
  it('is kept of each release', () => {
    const releases = [...changelog.matchAll(/^## \[(\d+\.\d+\.\d+)\]/gm)].map(([, release]) => `${release ?? ''}.yaml`);
    expect(golden.map((path) => basename(path))).to.include.members(releases);
    expect(golden).not.to.be.empty;
  });

  for (const path of golden) {
    const older = parse(read(path)) as Crd;
    const [before] = older.spec.versions;
    const name = basename(path, '.yaml');

    it(`takes every object that the one of ${name} takes, but for what the CHANGELOG says under Breaking`, () => {
      const now = current.spec.versions.find(({ name: version }) => version === before.name);
      expect(now, `version ${before.name} is gone`).not.to.equal(undefined);
      const changes = breakingChanges(before.schema.openAPIV3Schema, now?.schema.openAPIV3Schema ?? {});
      const unsaid = changes.filter((change) => !notes.includes(`\`${change.path}\``));
      expect(unsaid.map((change) => `${change.path} ${change.change}`)).to.deep.equal([]);
    });

    it(`has the names and the columns of the one of ${name}`, () => {
      expect(current.spec.names).to.deep.include(older.spec.names);
      expect([current.spec.group, current.spec.scope]).to.deep.equal([older.spec.group, older.spec.scope]);
      const columns = current.spec.versions[0].additionalPrinterColumns.map(({ jsonPath }) => jsonPath);
      expect(columns).to.include.members(before.additionalPrinterColumns.map(({ jsonPath }) => jsonPath));
    });
  }
});
