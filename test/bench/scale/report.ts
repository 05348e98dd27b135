import type { Figures } from './meter.js';
import type { Machine } from './machine.js';
import type { PhaseResult } from './run.js';
import { table } from '../table.js';

export interface RunReport {
  readonly engine: string;
  readonly mirrors: number;
  readonly isOneHost: boolean;
  readonly intervalMinutes: number;
  readonly phases: readonly PhaseResult[];
}

interface Column {
  readonly title: string;
  readonly value: (result: PhaseResult, report: RunReport) => string;
}

const each = (total: number, { mirrors }: RunReport): string => (total / mirrors).toFixed(2);
const sumOf = ({ apiWrites }: Figures): number => Object.values(apiWrites).reduce((sum, count) => sum + count, 0);
const whole = (value: number): string => value.toFixed(0);

const COLUMNS: readonly Column[] = [
  { title: 'phase', value: ({ phase }) => phase },
  { title: 'seconds', value: ({ figures }) => figures.seconds.toFixed(1) },
  { title: 'mirrors/s', value: ({ figures }, { mirrors }) => (mirrors / figures.seconds).toFixed(0) },
  { title: 'CPU s', value: ({ figures }) => figures.cpuSeconds.toFixed(2) },
  { title: 'CPU %', value: ({ figures }) => ((100 * figures.cpuSeconds) / figures.seconds).toFixed(2) },
  { title: 'looks each', value: ({ figures }, report) => each(figures.looks, report) },
  { title: 'Harbor writes each', value: ({ figures }, report) => each(figures.harborWrites, report) },
  { title: 'Harbor reads', value: ({ figures }) => whole(figures.harborReads) },
  { title: 'API writes each', value: ({ figures }, report) => each(sumOf(figures), report) },
  { title: 'policy writes', value: ({ figures }) => whole(figures.policyWrites) },
  {
    title: 'event loop ms p50/p99/max',
    value: ({ figures: { delay } }) => [delay.p50, delay.p99, delay.max].map(whole).join('/'),
  },
  {
    title: 'own p50/p99',
    value: ({ figures: { ownDelay } }) =>
      ownDelay === undefined ? '' : [ownDelay.p50, ownDelay.p99].map(whole).join('/'),
  },
  {
    title: 'MiB now/peak/heap',
    value: ({ figures }) => [figures.residentMiB, figures.peakMiB, figures.heapMiB].map(whole).join('/'),
  },
  {
    title: 'times',
    value: ({ times = {} }) =>
      Object.entries(times)
        .map(([what, seconds]) => `${what} ${seconds.toFixed(2)} s`)
        .join(', '),
  },
];

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, load, node, kubernetes, kyverno } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, load ${load} before; Node ${node}, Kubernetes ${kubernetes}, Kyverno ${kyverno}`;
}

/** A table in Markdown. */
export function tableOf(report: RunReport): string {
  const { engine, mirrors, isOneHost, phases, intervalMinutes } = report;
  const titles = COLUMNS.map(({ title }) => title);
  const rows = phases.map((result) => COLUMNS.map(({ value }) => value(result, report)));
  const hosts = isOneHost ? 'on one host' : 'on as many hosts';
  return [
    `${engine}, ${mirrors} mirrors ${hosts}, interval ${intervalMinutes} min`,
    '',
    ...table(titles, rows),
    '',
  ].join('\n');
}
