import { benchAdmission } from './admission/bench.js';
import { benchByHand } from './by-hand/bench.js';
import { benchHarbor } from './harbor.js';
import { benchScale } from './scale/bench.js';
import { printGoals } from './scale/saved.js';
import { benchSettling } from './settling/bench.js';

type Bench = (print: (line: string) => void, args: readonly string[]) => Promise<void>;

const BENCHES: Readonly<Record<string, Bench>> = {
  admission: benchAdmission,
  'by-hand': benchByHand,
  /** Runs nothing: how the runs in these files stand to what they have to come to. */
  goals: (print, args) => {
    printGoals(print, args);
    return Promise.resolve();
  },
  harbor: benchHarbor,
  /** Imported only here: it asks the Harbor of HARBOR_URL for its version at once. */
  'real-harbor': async (print, args) => (await import('./real-harbor/bench.js')).benchRealHarbor(print, args),
  scale: benchScale,
  settling: benchSettling,
};

const [name = '', ...args] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(
    `Say which benchmark to run: ${Object.keys(BENCHES).join(', ')}, e.g. npm run bench -- admission\n`,
  );
  process.exitCode = 2;
} else {
  await bench((line) => process.stdout.write(`${line}\n`), args);
}
