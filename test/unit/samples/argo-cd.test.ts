import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LuaFactory } from 'wasmoon';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const folder = 'config/samples/argo-cd/resource_customizations/registrymirror.io/RegistryMirror';
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Health {
  readonly status: string;
  readonly message: string;
}

interface HealthTest {
  readonly healthStatus: Health;
  readonly inputPath: string;
}

const script = read(`${folder}/health.lua`);
const { tests } = parse(read(`${folder}/health_test.yaml`)) as { readonly tests: readonly HealthTest[] };

describe('Argo CD’s health check of a mirror', () => {
  for (const { inputPath, healthStatus } of tests) {
    it(`says ${healthStatus.status} of ${inputPath}`, async () => {
      // Plain tables, as Argo CD hands them over.
      const lua = await new LuaFactory().createEngine({ enableProxy: false });
      try {
        lua.global.set('obj', parse(read(`${folder}/${inputPath}`)));
        expect(await lua.doString(script)).to.deep.equal(healthStatus);
      } finally {
        lua.global.close();
      }
    });
  }

  it('is the one in the recipes', () => {
    const indented = script.replaceAll(/^(?=.)/gm, '  ');
    expect(read('docs/how-to/recipes.md')).to.include(`registrymirror.io_RegistryMirror: |\n${indented}\`\`\``);
  });
});
