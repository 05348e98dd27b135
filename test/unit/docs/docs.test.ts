import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { REASONS } from '../../../src/api/reasons.js';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import { createMetrics } from '../../../src/http/metrics.js';
import { anchorsOf, PAGES, readPage, ROOT } from './pages.js';

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
    expect(names.filter((name) => !readPage('docs/reference/metrics.md').includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('has every namespace that is excluded by default, and no other', () => {
    const [, section = ''] = readPage('docs/how-to/operations.md').split('### Excluded namespaces');
    const rows = section.split('`EXCLUDED_NAMESPACES`')[0] ?? '';
    const named = [...rows.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named).to.have.members(DEFAULT_EXCLUDED_NAMESPACES);
  });

  it('has no link that leads nowhere', () => {
    const broken = PAGES.flatMap((page) =>
      links(page)
        .filter(({ target }) => !existsSync(join(ROOT, target)))
        .map(({ target }) => `${page}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('has no link to a heading that isn’t there', () => {
    const broken = PAGES.flatMap((page) =>
      links(page)
        .filter(({ target, anchor }) => anchor !== undefined && target.endsWith('.md'))
        .filter(({ target, anchor = '' }) => !anchorsOf(target).includes(anchor))
        .map(({ target, anchor = '' }) => `${page}: ${target}#${anchor}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('has every page in its list', () => {
    const listed = links('docs/README.md').map(({ target }) => target);
    const pages = PAGES.filter((page) => /^docs\/[a-z-]+\/.*\.md$/.test(page) && !page.startsWith('docs/adr/'));
    expect(pages.filter((page) => !listed.includes(page))).to.deep.equal([]);
  });

  it('names tests that there are, against each threat', () => {
    const threats = [...readPage('docs/explanation/security.md').matchAll(/\[([^\]]+)\]\((?:\.\.\/)+(test\/[^)]+)\)/g)];
    expect(threats).not.to.be.empty;
    const missing = threats.filter(([, name = '', path = '']) => !readPage(path).includes(name)).map(([link]) => link);
    expect(missing).to.deep.equal([]);
  });

  it('has every decision in the list of decisions', () => {
    const list = readPage('docs/adr/README.md');
    const files = globSync('*.md', { cwd: join(ROOT, 'docs/adr') }).filter(
      (file) => !/^(README|template)\.md$/.test(file),
    );
    expect(files.filter((file) => !list.includes(`(${file})`))).to.deep.equal([]);
  });
});

interface Link {
  /** The file, relative to the project's folder; the page itself for a link to one of its headings. */
  readonly target: string;
  readonly anchor: string | undefined;
}

/** A page's links to files and headings of the project. */
function links(page: string): readonly Link[] {
  return [...readPage(page).matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/g)].map(([, path = '', anchor]) => ({
    target: path === '' ? page : join(dirname(page), path),
    anchor,
  }));
}

/** The cells of all table rows of a page. */
function tableRows(page: string): readonly (readonly string[])[] {
  return readPage(page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, line.lastIndexOf('|')).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()));
}
