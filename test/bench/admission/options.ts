import { parseArgs } from 'node:util';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { ENGINES, oneOf, positive } from '../scale/options.js';

export interface AdmissionOptions {
  readonly engines: readonly PolicyEngine[];
  readonly mirrors: readonly number[];
  /** For the largest of these numbers of mirrors: how many share a policy. */
  readonly perPolicy: readonly number[];
  readonly rounds: number;
  readonly jsonFile: string | undefined;
}

const PER_POLICY = [...new Set(Object.values(MIRRORS_PER_POLICY))].join(',');

export const USAGE = `npm run bench -- admission
  --engine E,E      ${ENGINES.join(', ')} (default: all)
  --mirrors N,N     how many mirrors (default 1,20,100,1000, which the goals are about)
  --per-policy N,N  with the most mirrors: how many share a policy, MIRRORS_PER_POLICY (default ${PER_POLICY})
  --rounds N        medians are of so many (default 5)
  --json FILE       writes the figures there, too
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function admissionOptions(args: readonly string[]): AdmissionOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: ENGINES.join(',') },
      mirrors: { type: 'string', default: '1,20,100,1000' },
      'per-policy': { type: 'string', default: PER_POLICY },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
    },
  });
  return {
    engines: values.engine.split(',').map((text) => oneOf(ENGINES, text, '--engine')),
    mirrors: values.mirrors.split(',').map((text) => positive(text, '--mirrors')),
    perPolicy: values['per-policy'].split(',').map((text) => positive(text, '--per-policy')),
    rounds: positive(values.rounds, '--rounds'),
    jsonFile: values.json,
  };
}
