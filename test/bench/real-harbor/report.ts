import { isWrite } from './calls.js';
import type { HarborCalls } from './calls.js';
import type { Measured } from './measure.js';
import { table } from '../table.js';

export interface RealHarborReport {
  readonly engine: string;
  readonly mirrors: number;
  readonly phases: readonly Measured[];
}

/** What the phases took, and then each kind of call to Harbor that was made at least once for ten mirrors, or that failed. */
export function tablesOf({ mirrors, phases }: RealHarborReport): string {
  const each = (total: number): string => (total / mirrors).toFixed(2);
  const phaseRows = phases.map(({ phase, seconds, cpuSeconds, peakMiB, apiWrites, policyWrites, calls }) => [
    phase,
    seconds.toFixed(1),
    (mirrors / seconds).toFixed(0),
    cpuSeconds.toFixed(2),
    peakMiB.toFixed(0),
    each(sum(calls.filter(isWrite))),
    String(sum(calls.filter((call) => !isWrite(call)))),
    each(apiWrites),
    String(policyWrites),
  ]);
  const callRows = phases.flatMap(({ phase, calls }) =>
    calls
      .filter(({ count, status }) => count >= mirrors / 10 || !status.startsWith('2'))
      .map(({ method, route, status, count, meanMs }) => {
        return [phase, `${method} ${route}`, status, String(count), meanMs.toFixed(0)];
      }),
  );
  return [...table(PHASE_TITLES, phaseRows), '', ...table(CALL_TITLES, callRows), ''].join('\n');
}

const PHASE_TITLES = [
  'phase',
  'seconds',
  'mirrors/s',
  'CPU s',
  'peak MiB',
  'Harbor writes each',
  'Harbor reads',
  'API writes each',
  'policy writes',
];
const CALL_TITLES = ['phase', 'call to Harbor', 'status', 'count', 'mean ms'];

function sum(calls: readonly HarborCalls[]): number {
  return calls.reduce((total, { count }) => total + count, 0);
}
