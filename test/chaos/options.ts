import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { positive } from '../bench/scale/options.js';

export interface ChaosArguments {
  readonly seed: number;
  readonly minutes: number;
  readonly mirrors: number;
  readonly logs: string;
  readonly jsonFile: string | undefined;
  /** Only what the options are is wanted. */
  readonly help: boolean;
}

export const USAGE = `npm run chaos -- [table FILE FILE]
  --seed N       the story: the same number, minutes and mirrors give the same one (default: some number)
  --minutes N    how long faults last; healing and deletion come after it (default 2)
  --mirrors N    how many there are at the beginning (default 30)
  --logs FOLDER  where a run that isn't clean keeps what explains it (default: the system's temporary files)
  --json FILE    writes how the run ended there, too

table prints how the runs in files of --json ended, and runs nothing.
Exit code: 0 clean, 1 broken, 2 not carried out to its end.
`;

/** @throws TypeError with a message for a person, for what is not an option */
export function chaosArguments(args: readonly string[]): ChaosArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String((Date.now() % 100_000) + 1) },
      minutes: { type: 'string', default: '2' },
      mirrors: { type: 'string', default: '30' },
      logs: { type: 'string', default: tmpdir() },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    seed: positive(values.seed, '--seed'),
    minutes: positive(values.minutes, '--minutes'),
    mirrors: positive(values.mirrors, '--mirrors'),
    logs: values.logs,
    jsonFile: values.json,
    help: values.help,
  };
}
