import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The command blocks of a page below one heading, as a reader copies them. */
export function commandsOf(page: string, heading: string): readonly string[] {
  return blocksOf(page, heading, 'sh');
}

/** The YAML blocks of a page below one heading. */
export function manifestsOf(page: string, heading: string): readonly string[] {
  return blocksOf(page, heading, 'yaml');
}

function blocksOf(page: string, heading: string, language: 'sh' | 'yaml'): readonly string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  const blocks = [...(section ?? '').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , block]) => block ?? '');
  if (blocks.length === 0) throw new Error(`${page} has no block of ${language} below "${heading}".`);
  return blocks;
}
