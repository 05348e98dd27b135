import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The file that an import means; undefined where it is a package's. */
export function importedFile(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(dirname(file), specifier).replace(/\.js$/, '.ts') : undefined;
}

/** What imports what, types included: who only borrows a type depends on its file, too. */
export class ImportGraph {
  readonly #imports = new Map<string, readonly string[]>();
  readonly #read: (file: string) => string;

  /** @param read - the text of a file; each is read once */
  constructor(read: (file: string) => string = (file) => readFileSync(file, 'utf8')) {
    this.#read = read;
  }

  /** The shortest way from one file to another along imports, both included; undefined where there is none. */
  way(from: string, to: string): readonly string[] | undefined {
    const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
    // A Map goes on with what is added meanwhile.
    for (const file of cameFrom.keys()) {
      if (file === to) return wayTo(to, cameFrom);
      for (const next of this.#importsOf(file)) if (!cameFrom.has(next)) cameFrom.set(next, file);
    }
    return undefined;
  }

  #importsOf(file: string): readonly string[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const { importedFiles } = ts.preProcessFile(this.#read(file), true, true);
    const imports = importedFiles
      .map(({ fileName }) => importedFile(file, fileName))
      .filter((imported) => imported !== undefined)
      .filter((imported) => imported.endsWith('.ts'));
    this.#imports.set(file, imports);
    return imports;
  }
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string | undefined>): readonly string[] {
  const way: string[] = [];
  for (let file: string | undefined = end; file !== undefined; file = cameFrom.get(file)) way.unshift(file);
  return way;
}
