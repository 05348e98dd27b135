import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readMirrors } from '../../../src/cli/files/mirrors-file.js';
import { place } from '../../../src/cli/offline/placement.js';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { renderPolicies } from '../../../src/engines/render.js';

const EXPLANATION = fileURLToPath(new URL('../../../docs/explanation/', import.meta.url));

/** The names of all steps and conditions, wherever they stand; that of the last condition ends in a hash. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { name, variable, expression } = value as Readonly<Record<string, unknown>>;
  const isStep = typeof name === 'string' && (variable !== undefined || expression !== undefined);
  const own = isStep ? [name.replace(/-[0-9a-f]{10}$/, '-')] : [];
  return [...own, ...Object.values(value).flatMap(namesIn)];
}

describe('The page that reads the policies line by line', () => {
  const page = readFileSync(`${EXPLANATION}policies.md`, 'utf8');

  for (const engine of ENGINE_KINDS) {
    for (const example of ['policies.yaml', 'policies-private.yaml']) {
      it(`shows each step of the ${engine} of ${example}`, async () => {
        const mirrors = (await readMirrors([`${EXPLANATION}${example}`], { warn: (text) => expect.fail(text) })).map(
          (mirror) => ({
            ...mirror,
            spec: { ...mirror.spec, rewrite: { ...mirror.spec.rewrite, engine } },
          }),
        );
        const [policy] = renderPolicies(place(mirrors, 'harbor.example.org').placed, {
          excludedNamespaces: ['kube-*'],
        });
        const names = namesIn(policy?.object.spec);
        expect(names.length).to.be.greaterThan(10);
        const unshown = names.filter((name) => !new RegExp(`^ *- name: ${name}\\b`, 'm').test(page));
        expect(unshown).to.deep.equal([]);
      });
    }
  }
});
