import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';

import { InputError } from '../input-error.js';

/** One object of a file, and where it stands, for messages. */
interface FoundObject {
  readonly where: string;
  readonly object: unknown;
}

/**
 * Reads all objects of YAML or JSON files; those of Lists one by one.
 *
 * @param paths - `-` is the standard input.
 * @throws InputError for what can't be read or is no YAML
 */
export async function readObjects(paths: readonly string[]): Promise<readonly FoundObject[]> {
  const found: FoundObject[] = [];
  for (const path of paths) found.push(...documents(path, path === '-' ? await text(process.stdin) : readText(path)));
  return found;
}

/** What messages call a file. */
export function nameOf(path: string): string {
  return path === '-' ? 'the standard input' : path;
}

/** A file's text. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function documents(path: string, content: string): readonly FoundObject[] {
  return [...parseAllDocuments(content, { uniqueKeys: true })].flatMap((document, index) => {
    const where = `${nameOf(path)}, document ${index + 1}`;
    const [error] = document.errors;
    if (error !== undefined) throw new InputError(`${where} is no valid YAML: ${error.message.trim()}`);
    const object: unknown = document.toJS();
    if (object === null || object === undefined) return [];
    return isList(object)
      ? object.items.map((item, i) => ({ where: `${where}, item ${i + 1}`, object: item }))
      : [{ where, object }];
  });
}

function isList(object: unknown): object is { readonly items: readonly unknown[] } {
  return (
    isRecord(object) && typeof object.kind === 'string' && object.kind.endsWith('List') && Array.isArray(object.items)
  );
}

export function isRecord(object: unknown): object is Readonly<Record<string, unknown>> {
  return typeof object === 'object' && object !== null && !Array.isArray(object);
}
