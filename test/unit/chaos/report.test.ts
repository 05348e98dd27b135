import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { chaosArguments } from '../../chaos/options.js';
import { printTable, writeReport } from '../../chaos/report.js';
import type { ChaosReport } from '../../chaos/report.js';
import { VERDICTS } from '../../chaos/verdict.js';

const REPORT: ChaosReport = {
  seed: 12,
  minutes: 3,
  mirrors: 100,
  commit: 'abc1234',
  began: '2026-11-27T07:12:30.000Z',
  ended: '2026-11-27T07:18:30.000Z',
  exitCode: VERDICTS.clean,
  machine: undefined,
  tally: { steps: 473, pods: 3993, peakMiB: 112, leasesLost: 6, replicasThatDidNotStart: 0, withdrawals: 3 },
  output: ['Seed 12 is clean.'],
};

describe('the reports of chaos runs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-reports-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('become a table by seed, with how each ended', () => {
    const files = [REPORT, { ...REPORT, seed: 2, exitCode: VERDICTS.broken }].map((report) => {
      const file = join(folder, `${report.seed}.json`);
      writeReport(file, report);
      return file;
    });
    const lines: string[] = [];
    printTable((line) => lines.push(line), files);
    const cells = lines.slice(2).map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells).to.deep.equal([
      ['', '2', '07:12', '`abc1234`', '', '473', '3993', '112', '6', '3', 'broken', ''],
      ['', '12', '07:12', '`abc1234`', '', '473', '3993', '112', '6', '3', 'clean', ''],
    ]);
  });

  it('have none for words that mean nothing', () => {
    expect(() => chaosArguments(['--seed', 'many'])).to.throw(TypeError, '--seed: many');
    expect(() => chaosArguments(['--sed', '1'])).to.throw(TypeError, '--sed');
  });
});
