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
  /** What stands in the page right before the block. */
  readonly before: string;
  readonly text: string;
}

/** The blocks of a language, e.g. `sh`, in a page; those in a list are indented. */
export function blocksOf(page: string, language: string): readonly Block[] {
  const text = readPage(page);
  const fence = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms');
  return [...text.matchAll(fence)].map(({ index, 1: indent = '', 2: body = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    before: text.slice(0, index).trimEnd(),
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
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
