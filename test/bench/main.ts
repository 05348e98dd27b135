import { benchAdmission } from './admission.js';
import { benchHarbor } from './harbor.js';

const BENCHES: Readonly<Record<string, (print: (line: string) => void) => Promise<void>>> = {
  admission: benchAdmission,
  harbor: benchHarbor,
};

const [name = ''] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(
    `Say which benchmark to run: ${Object.keys(BENCHES).join(', ')}, e.g. npm run bench -- admission\n`,
  );
  process.exitCode = 2;
} else {
  await bench((line) => process.stdout.write(`${line}\n`));
}
