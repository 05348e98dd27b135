import { parseArgs } from 'node:util';
import type { PolicyEngine } from '../../../src/engines/settings.js';

export const ENGINES = [
  'ClusterPolicy',
  'MutatingPolicy',
  'MutatingAdmissionPolicy',
] as const satisfies readonly PolicyEngine[];

export const PHASES = ['create', 'steady', 'restart', 'edit', 'bursts', 'takeover', 'delete'] as const;
export type Phase = (typeof PHASES)[number];

export interface ScaleOptions {
  readonly mirrors: readonly number[];
  readonly engines: readonly PolicyEngine[];
  /** All mirrors have one host, and parts of it; else each has a host of its own. */
  readonly isOneHost: boolean;
  readonly phases: ReadonlySet<Phase>;
  /** spec.interval, in minutes. */
  readonly intervalMinutes: number;
  readonly jsonFile: string | undefined;
  /** For the operator, in place of the image's. */
  readonly nodeOptions: string | undefined;
}

export const USAGE = `npm run bench -- scale
  --mirrors N,N        how many mirrors; each number is a run of its own (default 100)
  --engine E,E         ${ENGINES.join(', ')} (default: the first and the last)
  --one-host           all mirrors share one host, and tell themselves apart by spec.rewrite.repositories.include
  --phases P,P         ${PHASES.join(', ')} (default: all)
  --interval MINUTES   spec.interval; the steady state is watched over three of them (default 1)
  --json FILE          writes the figures there, too
  --node-options=O     NODE_OPTIONS in place of the image's, to try another heap, or "--cpu-prof --cpu-prof-dir=FOLDER"
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function scaleOptions(args: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mirrors: { type: 'string', default: '100' },
      engine: { type: 'string', default: 'ClusterPolicy,MutatingAdmissionPolicy' },
      'one-host': { type: 'boolean', default: false },
      phases: { type: 'string', default: PHASES.join(',') },
      interval: { type: 'string', default: '1' },
      json: { type: 'string' },
      'node-options': { type: 'string' },
    },
  });
  return {
    mirrors: values.mirrors.split(',').map((text) => positive(text, '--mirrors')),
    engines: values.engine.split(',').map((text) => oneOf(ENGINES, text, '--engine')),
    isOneHost: values['one-host'],
    phases: new Set(values.phases.split(',').map((text) => oneOf(PHASES, text, '--phases'))),
    intervalMinutes: positive(values.interval, '--interval'),
    jsonFile: values.json,
    nodeOptions: values['node-options'],
  };
}

export function positive(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`${option}: ${text} is no number of 1 or more.`);
  return number;
}

export function oneOf<T extends string>(choices: readonly T[], text: string, option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new TypeError(`${option}: ${text} is none of ${choices.join(', ')}.`);
  return found;
}
