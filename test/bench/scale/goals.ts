import { table } from '../table.js';
import type { RunReport } from './report.js';
import type { PhaseResult } from './run.js';

/** What a run has to come to. */
interface Goal {
  readonly sentence: string;
  /** The phases that it is about, by the beginning of their names. */
  readonly phase: string;
  /** Only with so many mirrors; left out: with any number. */
  readonly mirrors?: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit?: string;
  /** Undefined where this phase doesn't tell. */
  readonly value: (result: PhaseResult, report: RunReport) => number | undefined;
}

const MB_PER_MIB = 2 ** 20 / 1e6;
/** How much memory with how many mirrors, in MB. */
const MEMORY = [
  [100, 120],
  [1000, 180],
  [5000, 450],
] as const;

const writesOf = ({ figures }: PhaseResult): number =>
  figures.harborWrites + Object.values(figures.apiWrites).reduce((sum, count) => sum + count, 0);

const GOALS: readonly Goal[] = [
  goal('looks at a new mirror', 'create', 3, ({ figures }, { mirrors }) => figures.looks / mirrors),
  goal('writes to Harbor for a new mirror', 'create', 2, ({ figures }, { mirrors }) => figures.harborWrites / mirrors),
  goal(
    'writes to the API server for a new mirror',
    'create',
    4,
    (result, { mirrors }) => (writesOf(result) - result.figures.harborWrites) / mirrors,
  ),
  {
    ...goal('policy writes for a burst of new mirrors', 'create', 5, ({ figures }) => figures.policyWrites),
    mirrors: 100,
  },
  {
    sentence: 'new mirrors a second',
    phase: 'create',
    atLeast: 40,
    value: ({ figures }, { mirrors }) => mirrors / figures.seconds,
  },
  {
    ...goal('CPU for new mirrors', 'create', 60, ({ figures }) => figures.cpuSeconds),
    mirrors: 1000,
    unit: 's',
  },
  ...MEMORY.map(([mirrors, megabytes]): Goal => ({
    ...goal('memory', '', megabytes, ({ figures, phase }, { phases }) => {
      // A burst has a hundred more, and the peak is of all that the process has had so far.
      const bursts = phases.findIndex((result) => result.phase.startsWith('burst'));
      const own = phases.slice(0, bursts < 0 ? phases.length : bursts);
      return own.some((result) => result.phase === phase) ? figures.peakMiB * MB_PER_MIB : undefined;
    }),
    mirrors,
    unit: 'MB',
  })),
  {
    ...goal(
      'CPU in steady state, for an interval of 5 min',
      'steady',
      1,
      ({ figures }, { intervalMinutes }) =>
        // What there is to do, it does once an interval.
        ((100 * figures.cpuSeconds) / figures.seconds) * (intervalMinutes / 5),
    ),
    unit: '%',
  },
  goal('writes in steady state', 'steady', 0, writesOf),
  { ...goal('restart to all in sync', 'restart', 10, ({ figures }) => figures.seconds), unit: 's' },
  goal('writes of a restart', 'restart', 0, writesOf),
  { ...goal('an edit in Harbor during a resync', 'edit', 2, ({ times }) => times?.inHarbor), unit: 's' },
  { ...goal('and in force', 'edit', 2, ({ times }) => times?.inForce), unit: 's' },
  { ...goal('taken over after SIGTERM', 'takeover', 2, ({ times }) => times?.afterStop), unit: 's' },
  { ...goal('taken over after kill -9', 'takeover', 16, ({ times }) => times?.afterKill), unit: 's' },
  {
    // Projects that a policy of the API server's own sent Pods to stay for 15 s longer.
    ...goal('deletion', 'delete', 10, ({ figures }, { engine }) =>
      engine === 'MutatingAdmissionPolicy' ? undefined : figures.seconds,
    ),
    mirrors: 100,
    unit: 's',
  },
  {
    ...goal('policy writes for their deletion', 'delete', 5, ({ figures }) => figures.policyWrites),
    mirrors: 100,
  },
  { ...goal('delay of the event loop (p99)', '', 50, ({ figures }) => figures.delay.p99), unit: 'ms' },
  {
    ...goal('as far as the operator itself was at work', '', 50, ({ figures }) => figures.ownDelay?.p99),
    unit: 'ms',
  },
];

/** With these many mirrors of that engine, compared with so many fewer. */
const LINEAR = { from: 1000, to: 5000, atMost: 6 };

/** How the runs stand to what they have to come to: a table in Markdown. The worst phase counts. */
export function goalsTable(reports: readonly RunReport[]): string {
  const titles = ['goal', ...reports.map(({ engine, mirrors }) => `${engine}, ${mirrors}`)];
  const rows = [
    ...GOALS.map((one) => [describe(one), ...reports.map((report) => standing(one, report))]),
    [
      'memory after three bursts, as a multiple of what it was when the mirrors were made: at most 1.1',
      ...reports.map((report) => judged(afterBursts(report), { atMost: 1.1 })),
    ],
    ...['create', 'delete'].map((phase) => [
      `CPU to ${phase}, as a multiple of ${LINEAR.from} mirrors: at most ${LINEAR.atMost}`,
      ...reports.map((report) => judged(growth(report, reports, phase), LINEAR)),
    ]),
  ];
  return table(
    titles,
    rows.filter(([, ...cells]) => cells.some((cell) => cell !== '')),
  ).join('\n');
}

function goal(sentence: string, phase: string, atMost: number, value: Goal['value']): Goal {
  return { sentence, phase, atMost, value };
}

function describe({ sentence, atMost, atLeast, unit, mirrors }: Goal): string {
  const limit = atMost === undefined ? `at least ${atLeast ?? 0}` : `at most ${atMost}`;
  const which = mirrors === undefined ? '' : ` (${mirrors} mirrors)`;
  return `${sentence}${which}: ${limit}${unit === undefined ? '' : ` ${unit}`}`;
}

function standing(one: Goal, report: RunReport): string {
  if (one.mirrors !== undefined && one.mirrors !== report.mirrors) return '';
  const values = report.phases
    .filter(({ phase }) => phase.startsWith(one.phase))
    .map((result) => one.value(result, report))
    .filter((value) => value !== undefined);
  if (values.length === 0) return '';
  return judged(one.atMost === undefined ? Math.min(...values) : Math.max(...values), one);
}

function judged(value: number | undefined, { atMost = Infinity, atLeast = -Infinity }: Partial<Goal>): string {
  if (value === undefined) return '';
  const shown = Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2);
  return value <= atMost && value >= atLeast ? shown : `${shown}: **missed**`;
}

function afterBursts({ phases }: RunReport): number | undefined {
  const before = phases.find(({ phase }) => phase === 'create');
  const last = phases.findLast(({ phase }) => phase.startsWith('burst'));
  return before === undefined || last === undefined ? undefined : last.figures.residentMiB / before.figures.residentMiB;
}

function growth(report: RunReport, reports: readonly RunReport[], phase: string): number | undefined {
  if (report.mirrors !== LINEAR.to) return undefined;
  const fewer = reports.find(({ engine, mirrors }) => engine === report.engine && mirrors === LINEAR.from);
  const [before, after] = [fewer, report].map((one) => one?.phases.find((result) => result.phase === phase));
  return before === undefined || after === undefined ? undefined : after.figures.cpuSeconds / before.figures.cpuSeconds;
}
