import { buildBinaries } from '../build.js';
import { BuildError } from '../build-error.js';

try {
  for (const [name, path] of Object.entries(await buildBinaries())) console.log(`${name}: ${path}`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
