// Runs the tests on each pair of versions that the local cluster can be built of, and writes docs/reference/versions.md.
// `npm run test:versions -- 1.32` runs only the rows of these Kubernetes versions, and `-- 1.32 upgrade` of them only the checks with this word in
// their title; the page keeps what was seen of the others before.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readPins } from '../cluster/pins.js';
import { pinnedVersion } from '../cluster/programs.js';
import { buildBinaries } from '../cluster/build.js';
import { wantVersion } from '../cluster/versions.js';
import { report } from './report.js';
import { forRows, readResults, RESULTS, withResults } from './results.js';
import type { Outcome, RowResult } from './results.js';
import { CHECKS, checksOf, ROWS } from './rows.js';
import type { Check, Row } from './rows.js';

const root = join(import.meta.dirname, '../..');
const PAGE = join(root, 'docs/reference/versions.md');

const asked = process.argv.slice(2);
const versions = asked.filter((each) => /^[0-9.]+$/.test(each));
const words = asked.filter((each) => !versions.includes(each));

/** As mocha's JSON reporter writes it. */
interface MochaResult {
  readonly passes: readonly MochaTest[];
  readonly failures: readonly MochaTest[];
}

interface MochaTest {
  readonly fullTitle: string;
  readonly file?: string;
}

/** Runs all checks of a row in one process: they share its cluster. */
async function run(row: Row): Promise<RowResult> {
  wantVersion('kubernetes', row.kubernetes);
  wantVersion('kyverno', row.kyverno);
  await buildBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-versions-'));
  const output = join(folder, 'result.json');
  try {
    const checks = checksOf(row).filter(
      ({ title }) => words.length === 0 || words.some((word) => title.includes(word)),
    );
    const specs = checks.flatMap((check) => check.specs);
    const reporter = ['--reporter', 'json', '--reporter-option', `output=${output}`];
    const child = spawn('mocha', ['--exit', ...reporter, ...specs], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(child, 'close');
    const result = JSON.parse(readFileSync(output, 'utf8')) as MochaResult;
    return {
      ...row,
      versions: {
        kubernetes: pinnedVersion((await readPins('kubernetes')).goMod, 'k8s.io/kubernetes'),
        kyverno: pinnedVersion((await readPins('kyverno')).goMod, 'github.com/kyverno/kyverno'),
      },
      day: new Date().toISOString().slice(0, 10),
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
      outcomes: Object.fromEntries(checks.map((check) => [check.title, outcomeOf(check, result)])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outcomeOf({ specs }: Check, { passes, failures }: MochaResult): Outcome {
  const isOwn = ({ file = '' }: MochaTest): boolean => specs.some((spec) => file.endsWith(spec));
  return { passed: passes.filter(isOwn).length, failed: failures.filter(isOwn).map(({ fullTitle }) => fullTitle) };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const rows = ROWS.filter(({ kubernetes }) => versions.length === 0 || versions.includes(kubernetes));
const results: RowResult[] = [];
for (const row of rows) {
  const startedAt = performance.now();
  const result = await run(row);
  results.push(result);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const { versions: exact, outcomes } = result;
  say(`Kubernetes ${exact.kubernetes}, Kyverno ${exact.kyverno}, after ${seconds} s:`);
  for (const [title, { passed, failed }] of Object.entries(outcomes)) {
    say(`  ${title}: ${passed} passed, ${failed.length} failed`);
    for (const name of failed) say(`    FAILED ${name}`);
  }
  // After each, so that a run that is ended early has shown something.
  await write(result);
}

async function write(result: RowResult): Promise<void> {
  const all = withResults(readResults(), [result]);
  for (const [path, text] of [
    [RESULTS, JSON.stringify(all)],
    [PAGE, report(forRows(ROWS, all), CHECKS)],
  ] as const)
    writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}

const isGood = results.every(({ outcomes }) =>
  Object.values(outcomes).every(({ passed, failed }) => passed > 0 && failed.length === 0),
);
process.exitCode = isGood ? 0 : 1;
