import { relative } from 'node:path';
import type { ESLint, Rule } from 'eslint';
import { importedFile, ImportGraph } from './import-graph.ts';
import { layerProblem } from './layers.ts';

type Check = (from: string, to: string) => string | undefined;
type Source = { readonly value?: unknown } | null | undefined;

/** A rule that looks at each import of one file by another. Its files are relative to the project's folder. */
function importRule(description: string, check: Check): Rule.RuleModule {
  return {
    meta: { type: 'problem', schema: [], docs: { description } },
    create: (context) => {
      const from = relative(context.cwd, context.filename);
      const look = (node: Rule.Node & { readonly source?: Source }): void => {
        const specifier = node.source?.value;
        const to = typeof specifier === 'string' ? importedFile(from, specifier) : undefined;
        const message = to === undefined ? undefined : check(from, to);
        if (message !== undefined) context.report({ node, message });
      };
      return {
        ImportDeclaration: look,
        ExportNamedDeclaration: look,
        ExportAllDeclaration: look,
        ImportExpression: look,
      };
    },
  };
}

const SRC = 'src';
// One for all files of a run.
const graph = new ImportGraph();

const noCycle = importRule('no circle of imports, types included', (from, to) => {
  const way = graph.way(to, from);
  return way === undefined ? undefined : `A circle of imports: ${[from, ...way].join(' -> ')}.`;
});

const layers = importRule('imports from layers below only, types included', (from, to) =>
  layerProblem(relative(SRC, from), relative(SRC, to)),
);

/** The house's own rules. `import/no-cycle` of eslint-plugin-import-x leaves types out, and they hold the rooms together just as much. */
export const house = { rules: { 'no-cycle': noCycle, layers } } satisfies ESLint.Plugin;
