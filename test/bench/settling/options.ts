import { parseArgs } from 'node:util';
import { positive } from '../scale/options.js';

export interface SettlingOptions {
  readonly tries: number;
  readonly policies: number;
  readonly load: number;
  readonly jsonFile: string | undefined;
}

export const USAGE = `npm run bench -- settling
  How long a MutatingAdmissionPolicy that is written, or deleted, takes until Pods show it.
  --tries N      how many times it is created, edited and deleted (default 30)
  --policies N   so many other policies, of 100 mirrors each, are written just before it each time (default 0)
  --load N       so many streams of other Pods at once, each as fast as it goes (default 0)
  --json FILE    writes the figures there, too
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function settlingOptions(args: readonly string[]): SettlingOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tries: { type: 'string', default: '30' },
      policies: { type: 'string', default: '0' },
      load: { type: 'string', default: '0' },
      json: { type: 'string' },
    },
  });
  return {
    tries: positive(values.tries, '--tries'),
    policies: values.policies === '0' ? 0 : positive(values.policies, '--policies'),
    load: values.load === '0' ? 0 : positive(values.load, '--load'),
    jsonFile: values.json,
  };
}
