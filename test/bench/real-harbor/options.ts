import { parseArgs } from 'node:util';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { ENGINES, oneOf, positive } from '../scale/options.js';

export interface RealHarborOptions {
  readonly mirrors: readonly number[];
  readonly engine: PolicyEngine;
  readonly jsonFile: string | undefined;
}

export const USAGE = `HARBOR_URL=… HARBOR_USERNAME=… HARBOR_PASSWORD=… npm run bench -- real-harbor
  --mirrors N,N   how many mirrors; each number is a run of its own (default 100)
  --engine E      ${ENGINES.join(', ')} (default: the first)
  --json FILE     writes the figures there, too

The login is an administrator's. All that is made in Harbor has a name that begins with rmo- and a random part, and is taken away at the end.
Without HARBOR_URL it runs against the stand-in, whose times mean nothing.
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function realHarborOptions(args: readonly string[]): RealHarborOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mirrors: { type: 'string', default: '100' },
      engine: { type: 'string', default: ENGINES[0] },
      json: { type: 'string' },
    },
  });
  return {
    mirrors: values.mirrors.split(',').map((text) => positive(text, '--mirrors')),
    engine: oneOf(ENGINES, values.engine, '--engine'),
    jsonFile: values.json,
  };
}
