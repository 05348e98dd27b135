import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** What people read, relative to the project's folder. */
export const PAGES: readonly string[] = globSync(['*.md', 'docs/**/*.md', 'charts/*/README.md'], { cwd: ROOT }).sort();

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface Block {
  readonly page: string;
  readonly line: number;
  /** E.g. `sh`; empty where the page names none. */
  readonly language: string;
  /** What stands in the page right before the block. */
  readonly before: string;
  readonly text: string;
}

/** The blocks of a page; those in a list are indented. */
export function blocksOf(page: string): readonly Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```([^\n]*)\n(.*?)^ *```$/gms)].map(
    ({ index, 1: indent = '', 2: language = '', 3: body = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      language,
      before: text.slice(0, index).trimEnd(),
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The blocks with commands of a page, and nothing but the commands in them: of a terminal's text, what was typed there behind `$ `. */
export function commandsIn(page: string): readonly Block[] {
  return blocksOf(page).flatMap((block) => {
    if (block.language === 'sh') return [block];
    const typed = [...block.text.matchAll(/^ *\$ (.*\n)/gm)].map(([, command = '']) => command);
    return block.language === 'console' || typed.length > 0 ? [{ ...block, text: typed.join('') }] : [];
  });
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): readonly string[] {
  const outsideOfBlocks = readPage(page).replaceAll(/^ *```.*?^ *```$/gms, '');
  return [...outsideOfBlocks.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
