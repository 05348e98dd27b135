import { parseArgs } from 'node:util';
import { positive } from '../scale/options.js';

export interface ByHandOptions {
  readonly mirrors: number;
  readonly jsonFile: string | undefined;
}

export const USAGE = `npm run bench -- by-hand
  The same work by a shell script with curl and kubectl, and by the operator: from the first command until the last mirror's Pods are rewritten.
  --mirrors N    how many (default 100)
  --json FILE    writes the figures there, too
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function byHandOptions(args: readonly string[]): ByHandOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { mirrors: { type: 'string', default: '100' }, json: { type: 'string' } },
  });
  return { mirrors: positive(values.mirrors, '--mirrors'), jsonFile: values.json };
}
