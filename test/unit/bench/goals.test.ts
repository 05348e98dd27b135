import { expect } from 'chai';
import { goalsTable } from '../../bench/scale/goals.js';
import type { Figures } from '../../bench/scale/meter.js';
import type { RunReport } from '../../bench/scale/report.js';

const FIGURES: Figures = {
  seconds: 20,
  cpuSeconds: 10,
  looks: 2000,
  harborWrites: 2000,
  harborReads: 1000,
  apiWrites: { 'patch registrymirrors': 1000, 'patch registrymirrors/status': 1000 },
  policyWrites: 10,
  delay: { p50: 10, p99: 20, max: 30 },
  residentMiB: 100,
  peakMiB: 110,
  heapMiB: 40,
};

function run(mirrors: number, phases: Readonly<Record<string, Partial<Figures>>>): RunReport {
  const results = Object.entries(phases).map(([phase, figures]) => ({ phase, figures: { ...FIGURES, ...figures } }));
  return { engine: 'ClusterPolicy', mirrors, isOneHost: false, intervalMinutes: 1, phases: results };
}

/** The cells of the row that begins so, without the goal itself. */
function row(table: string, beginning: string): readonly string[] | undefined {
  const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return cells.find(([, goal]) => goal?.startsWith(beginning))?.slice(2, -1);
}

describe('the table of goals of a benchmark', () => {
  it('says of each run what it came to, and what it missed', () => {
    const table = goalsTable([run(1000, { create: {} }), run(1000, { create: { cpuSeconds: 61, seconds: 40 } })]);
    expect(row(table, 'CPU for new mirrors')).to.deep.equal(['10', '61: **missed**']);
    expect(row(table, 'new mirrors a second')).to.deep.equal(['50', '25: **missed**']);
    expect(row(table, 'writes to the API server')).to.deep.equal(['2', '2']);
  });

  it('takes the worst phase, and for the memory none with more mirrors', () => {
    const worst = { delay: { p50: 1, p99: 51, max: 60 } };
    const table = goalsTable([
      run(1000, { create: {}, restart: worst, 'burst 1': { peakMiB: 500 }, delete: { peakMiB: 500 } }),
    ]);
    expect(row(table, 'delay of the event loop')).to.deep.equal(['51: **missed**']);
    expect(row(table, 'memory (1000 mirrors)')).to.deep.equal(['115']);
  });

  it('compares 5,000 mirrors with 1,000 of the same engine', () => {
    const runs = [
      run(1000, { create: {}, delete: {} }),
      run(5000, { create: { cpuSeconds: 60 }, delete: { cpuSeconds: 61 } }),
    ];
    expect(row(goalsTable(runs), 'CPU to create')).to.deep.equal(['', '6']);
    expect(row(goalsTable(runs), 'CPU to delete')).to.deep.equal(['', '6.10: **missed**']);
  });

  it('leaves out what no run tells of', () => {
    const table = goalsTable([run(1000, { create: {} })]);
    expect(row(table, 'restart')).to.equal(undefined);
    expect(row(table, 'deletion')).to.equal(undefined);
  });
});
