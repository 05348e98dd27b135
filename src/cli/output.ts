import { stringify } from 'yaml';

/** Where a command's lines go: results to `out`, everything else to `warn`. */
export interface Output {
  readonly out: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** How a result is printed: lines for people, or data. */
export type Format = 'text' | 'json' | 'yaml';

export const FORMATS: readonly Format[] = ['text', 'json', 'yaml'];

/** Prints a result in the format that was asked for. */
export function print({ out }: Output, format: Format, data: unknown, lines: () => readonly string[]): void {
  switch (format) {
    case 'json':
      out(JSON.stringify(data, undefined, 2));
      return;
    case 'yaml':
      out(yaml([data]));
      return;
    case 'text':
      for (const line of lines()) out(line);
  }
}

/** Objects as YAML documents, without a line feed at the end. */
export function yaml(objects: readonly unknown[]): string {
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
    .trimEnd();
}
