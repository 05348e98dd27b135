import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
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
 * @param paths - `-` is the standard input; a folder stands for the YAML and JSON files in it, but not in its folders, as `kubectl apply -f` has it.
 * @throws InputError for what can't be read or is no YAML
 */
export async function readObjects(paths: readonly string[]): Promise<readonly FoundObject[]> {
  const found: FoundObject[] = [];
  for (const path of paths.flatMap(filesOf)) {
    found.push(...documents(path, path === '-' ? await text(process.stdin) : readText(path)));
  }
  return found;
}

function filesOf(path: string): readonly string[] {
  const entries = path === '-' ? undefined : reading(path, () => entriesOf(path));
  if (entries === undefined) return [path];
  const files = entries.filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name));
  if (files.length === 0) throw new InputError(`The folder ${path} has no .yaml, .yml or .json file.`);
  return files.map(({ name }) => join(path, name)).toSorted();
}

/** What is in a folder; undefined for what is none. */
function entriesOf(path: string): readonly Dirent[] | undefined {
  return statSync(path).isDirectory() ? readdirSync(path, { withFileTypes: true }) : undefined;
}

/** What messages call a file. */
export function nameOf(path: string): string {
  return path === '-' ? 'the standard input' : path;
}

/** A file's text. */
export function readText(path: string): string {
  return reading(path, () => readFileSync(path, 'utf8'));
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
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
