import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ImportGraph } from '../../../scripts/lint/import-graph.js';
import { LAYERS, layerProblem } from '../../../scripts/lint/layers.js';

describe('the rule on layers', () => {
  it('knows each room of src, and no other', () => {
    const rooms = readdirSync(join(import.meta.dirname, '../../../src')).map((name) => name.replace(/\.ts$/, ''));
    expect(LAYERS.flat()).to.have.members(rooms);
  });

  for (const [from, to, isAllowed] of [
    ['mirror/observe.ts', 'harbor/types.ts', true],
    ['mirror/observe.ts', 'mirror/plan/plan.ts', true],
    ['harbor/types.ts', 'mirror/observe.ts', false],
    ['engines/cel.ts', 'credentials/secrets.ts', false],
    ['cli/program.ts', 'controller/operator.ts', false],
    ['policies/state.ts', 'log.ts', false],
    ['main.ts', 'log.ts', true],
    ['cellar/wine.ts', 'api/group.ts', false],
  ] as const) {
    it(`${isAllowed ? 'lets' : 'keeps'} ${from} ${isAllowed ? 'import' : 'from importing'} ${to}`, () => {
      expect(layerProblem(from, to) === undefined).to.equal(isAllowed);
    });
  }
});

describe('the rule on circles of imports', () => {
  const files: Readonly<Record<string, string>> = {
    'src/a.ts': "import { b } from './b.js';",
    'src/b.ts': "import type { C } from './room/c.js'; import 'node:fs';",
    'src/room/c.ts': "export { a } from '../a.js';",
    'src/d.ts': "import('./a.js');",
  };
  const graph = new ImportGraph((file) => files[file] ?? '');

  it('sees one that only types close', () => {
    expect(graph.way('src/b.ts', 'src/a.ts')).to.deep.equal(['src/b.ts', 'src/room/c.ts', 'src/a.ts']);
  });

  it('sees none where nothing leads back', () => {
    expect(graph.way('src/a.ts', 'src/d.ts')).to.equal(undefined);
    expect(graph.way('src/d.ts', 'src/room/c.ts')).to.have.lengthOf(4);
  });
});
