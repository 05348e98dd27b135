/** Writes every file, or part of one, that is derived from the CRD, the table of settings or the engines; with `--check`, only says which of them are out of date. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const checkOnly = process.argv.includes('--check');
let outdated = 0;
for (const { path, text } of await generatedFiles(root)) {
  const current = await readFile(`${root}${path}`, 'utf8').catch(() => undefined);
  if (current === text) continue;
  outdated += 1;
  if (checkOnly) process.stderr.write(`${path} is out of date: run \`npm run generate\` and commit the result.\n`);
  else {
    await writeFile(`${root}${path}`, text);
    process.stdout.write(`${path} written\n`);
  }
}
if (checkOnly && outdated > 0) process.exitCode = 1;
