import { Document, isPair, isScalar, visit } from 'yaml';
import type { YAMLMap } from 'yaml';

import type { Explanation } from '../../engines/explanation.js';

/** How long a line of a comment may be. */
const WIDTH = 110;

/** An object as YAML with a comment before each part that there is a paragraph on; what was said once isn't said again. */
export function explained(object: object, explanations: readonly Explanation[]): string {
  const paragraphs = new Paragraphs(explanations);
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Map: (_, map, path) => {
      const name = map.get('name');
      const list = path.at(-1);
      if (typeof name === 'string' && path.length > 1 && !isPair(list)) comment(map, paragraphs.next(name));
    },
    Pair: (_, pair, path) => {
      // Members of the spec itself: document, map, pair of the spec, map.
      if (path.length === 4 && isScalar<string>(pair.key)) {
        comment(pair.key, paragraphs.next(pair.key.value));
      }
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Paragraphs in the order of the parts: those of the same name one after the other. */
class Paragraphs {
  readonly #rest: Map<string, string[]>;
  readonly #said = new Set<string>();

  constructor(explanations: readonly Explanation[]) {
    this.#rest = new Map(
      [...Map.groupBy(explanations, ({ name }) => name)].map(([name, all]) => [name, all.map(({ why }) => why)]),
    );
  }

  next(name: string): string | undefined {
    const why = this.#rest.get(name)?.shift();
    if (why === undefined || this.#said.has(why)) return undefined;
    this.#said.add(why);
    return why;
  }
}

function comment(node: Pick<YAMLMap, 'commentBefore'>, paragraph: string | undefined): void {
  if (paragraph === undefined) return;
  node.commentBefore = lines(paragraph)
    .map((line) => ` ${line}`)
    .join('\n');
}

function lines(paragraph: string): readonly string[] {
  const result: string[] = [];
  for (const word of paragraph.split(' ')) {
    const last = result.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= WIDTH) result[result.length - 1] = `${last} ${word}`;
    else result.push(word);
  }
  return result;
}
