import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The command blocks of a page below one heading, as a reader copies them. */
export function commandsOf(page: string, heading: string): readonly string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  const commands = [...(section ?? '').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, command]) => command ?? '');
  if (commands.length === 0) throw new Error(`${page} has no commands below "${heading}".`);
  return commands;
}
