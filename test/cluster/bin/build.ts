import { buildBinaries } from '../build.js';
import { BuildError } from '../build-error.js';
import { programs } from '../programs.js';

// `cluster:build -- etcd kubectl` builds only these.
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !programs.some((program) => program.name === name));
const names = programs.map(({ name }) => name).filter((name) => asked.length === 0 || asked.includes(name));

try {
  if (unknown.length > 0) {
    const known = programs.map(({ name }) => name).join(', ');
    throw new BuildError('ProgramUnknown', `There is no program ${unknown.join(', ')}. There are ${known}.`);
  }
  const binaries = await buildBinaries({ names });
  for (const name of names) console.log(`${name}: ${binaries[name]}`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
