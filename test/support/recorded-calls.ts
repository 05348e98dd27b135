// Required by mocha for each run: no call to the Harbor stand-in may have a shape that a real Harbor was never recorded to answer.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Context, RootHookObject } from 'mocha';
import { guard } from '../contract/guard.js';
import { shapesFileVariable } from '../harbor/seen.js';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'harbor-shapes-'));
const file = join(folder, 'shapes');
appendFileSync(file, '');
// Children that start a stand-in of their own, such as the demo, write into the same file.
process.env[shapesFileVariable] = file;
// Also after a run that was broken off.
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

export const mochaHooks: RootHookObject = {
  beforeEach(this: Context) {
    const { currentTest } = this;
    if (currentTest === undefined) return;
    const where = relative(root, currentTest.file ?? '');
    appendFileSync(file, `${JSON.stringify({ test: `${where}: ${currentTest.fullTitle()}` })}\n`);
  },
  afterAll() {
    const problems = guard(readFileSync(file, 'utf8'));
    if (problems.length === 0) return;
    throw new Error(`A real Harbor was never recorded to answer a call of this shape:\n${problems.join('\n')}`);
  },
};
