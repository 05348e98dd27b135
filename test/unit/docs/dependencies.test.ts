import { globSync } from 'node:fs';
import { expect } from 'chai';
import { readPage, ROOT } from './pages.js';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** The packages that a section of the page names, in the first cells of its table. */
function named(heading: string): readonly string[] {
  const section = readPage('docs/reference/dependencies.md')
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  return (section ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => (line.split('|')[1] ?? '').match(/(?<=`)[^`,]+(?=`)/g) ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

describe('the page about dependencies', () => {
  const manifest = JSON.parse(readPage('package.json')) as Package;

  it('gives a reason for each package in the image, and for no other', () => {
    expect([...named('In the image')].sort()).to.deep.equal(Object.keys(manifest.dependencies).sort());
  });

  it('gives one that is true: the code imports each of them', () => {
    const code = globSync('src/**/*.ts', { cwd: ROOT }).map(readPage).join('\n');
    const unused = Object.keys(manifest.dependencies).filter((name) => !new RegExp(`from '${name}['/]`).test(code));
    expect(unused).to.deep.equal([]);
  });

  it('gives a reason for each package for development, and for no other', () => {
    const packages = { ...manifest.devDependencies, ...manifest.optionalDependencies };
    expect([...named('For development')].sort()).to.deep.equal(Object.keys(packages).sort());
  });
});
