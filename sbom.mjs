// Prints what the image is made of, in CycloneDX, from the lock file. `npm sbom --omit dev` leaves out what development needs, too.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const sbom = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
const { name, packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

const kept = new Set(
  Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(
      ([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
    ),
);
const root = sbom.metadata.component['bom-ref'];
const isKept = (reference) => reference === root || kept.has(reference);

const dependencies = sbom.dependencies
  .filter(({ ref }) => isKept(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isKept) }));
const component = { ...sbom.metadata.component, type: 'application', name };
const components = sbom.components
  .filter((candidate) => isKept(candidate['bom-ref']))
  .map((candidate) => ({ ...candidate, scope: 'required' }));

process.stdout.write(
  `${JSON.stringify({ ...sbom, metadata: { ...sbom.metadata, component }, components, dependencies }, undefined, 2)}\n`,
);
