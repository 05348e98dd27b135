import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { REASONS } from '../../../src/api/reasons.js';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import { createMetrics } from '../../../src/http/metrics.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });

describe('the documentation', () => {
  it('says of every reason what it means and what to do', () => {
    const explained = tableRows('docs/how-to/troubleshooting.md').map(([first = '']) => first);
    const missing = Object.values(REASONS).filter((reason) => !explained.includes(`\`${reason}\``));
    expect(missing).to.deep.equal([]);
  });

  it('explains no reason that is none', () => {
    const explained = tableRows('docs/how-to/troubleshooting.md').flatMap(
      ([first = '']) => /^`(\w+)`$/.exec(first)?.[1] ?? [],
    );
    expect(Object.values(REASONS)).to.include.members(explained);
  });

  it('has every metric of the operator', async () => {
    const reply = await createMetrics().routes['/metrics']?.();
    const names = [...(reply?.body ?? '').matchAll(/^# HELP (registry_mirror_\w+)/gm)].map(([, name]) => name ?? '');
    expect(names).not.to.be.empty;
    expect(names.filter((name) => !read('docs/how-to/operations.md').includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('has every namespace that is excluded by default, and no other', () => {
    const [, section = ''] = read('docs/how-to/operations.md').split('### Excluded namespaces');
    const rows = section.split('`EXCLUDED_NAMESPACES`')[0] ?? '';
    const named = [...rows.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named).to.have.members(DEFAULT_EXCLUDED_NAMESPACES);
  });

  it('has no link that leads nowhere', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)\s]*)?\)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('names tests that there are, against each threat', () => {
    const links = [...read('docs/explanation/security.md').matchAll(/\[([^\]]+)\]\((?:\.\.\/)+(test\/[^)]+)\)/g)];
    expect(links).not.to.be.empty;
    const missing = links.filter(([, name = '', path = '']) => !read(path).includes(name)).map(([link]) => link);
    expect(missing).to.deep.equal([]);
  });

  it('has every decision in the list of decisions', () => {
    const list = read('docs/adr/README.md');
    const files = globSync('*.md', { cwd: join(root, 'docs/adr') }).filter(
      (file) => !/^(README|template)\.md$/.test(file),
    );
    expect(files.filter((file) => !list.includes(`(${file})`))).to.deep.equal([]);
  });
});

/** The cells of all table rows of a page. */
function tableRows(page: string): readonly (readonly string[])[] {
  return read(page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, line.lastIndexOf('|')).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()));
}
