import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { API_VERSION, GROUP, KIND, PLURAL, VERSION } from '../../../src/api/group.js';
import { upstreamTypes } from '../../../src/api/spec/upstream-types.js';
import { CRD_PATH, generatedFiles } from '../../../scripts/generated-files.js';
import type { Crd, Schema } from '../../../scripts/schema.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const crd = parse(readFileSync(`${root}${CRD_PATH}`, 'utf8')) as Crd;
const [version] = crd.spec.versions;

function property(schema: Schema | undefined, ...path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((at, key) => at?.properties?.[key], schema);
}

function* fields(schema: Schema, path: string): Generator<readonly [string, Schema]> {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, child];
    yield* fields(child, `${path}.${key}`);
    if (child.items !== undefined) yield* fields(child.items, `${path}.${key}[]`);
  }
}

describe('The CRD', () => {
  it('and the table of settings are what all generated files were generated from', async function () {
    this.timeout(20_000);
    for (const { path, text } of await generatedFiles(root)) {
      expect(readFileSync(`${root}${path}`, 'utf8'), `${path}: run npm run generate`).to.equal(text);
    }
  });

  it('has the group, version and names that the code has', () => {
    expect(crd.spec.group).to.equal(GROUP);
    expect(version.name).to.equal(VERSION);
    expect(`${crd.spec.group}/${version.name}`).to.equal(API_VERSION);
    expect(crd.spec.names.kind).to.equal(KIND);
    expect(crd.spec.names.plural).to.equal(PLURAL);
  });

  it('knows the upstream types that the catalogue describes', () => {
    const type = property(version.schema.openAPIV3Schema, 'spec', 'upstream', 'type');
    expect(type?.enum).to.deep.equal(Object.keys(upstreamTypes));
  });

  it('lets a url out, and credentials, for the types that the catalogue says', () => {
    const rules = property(version.schema.openAPIV3Schema, 'spec', 'upstream')?.['x-kubernetes-validations'] ?? [];
    const quoted = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`;
    const types = Object.entries(upstreamTypes);
    const withUrl = types.filter(([, facts]) => facts.defaultUrl !== undefined).map(([type]) => type);
    const needy = types.filter(([, facts]) => facts.needsCredentials).map(([type]) => type);
    expect(rules.map(({ rule }) => rule)).to.include.members([
      `has(self.url) || self.type in ${quoted(withUrl)}`,
      `!(self.type in ${quoted(needy)}) || has(self.credentialsSecretRef)`,
    ]);
  });

  it('describes every field', () => {
    for (const [path, field] of fields(version.schema.openAPIV3Schema, '')) {
      if (path !== '.metadata') expect(field.description, path).to.be.a('string').and.not.empty;
    }
  });

  it('says the default of every field that has one, or has it in a list of values', () => {
    for (const [path, field] of fields(property(version.schema.openAPIV3Schema, 'spec') ?? {}, 'spec')) {
      const { default: value, description = '' } = field;
      if (typeof value !== 'string' && typeof value !== 'boolean') continue;
      const says = [`${String(value)} (default)`, `Default ${String(value)}`];
      expect(
        says.some((text) => description.includes(text)),
        `${path}: ${description}`,
      ).to.equal(true);
    }
  });

  it('has a message for every rule', () => {
    for (const [path, field] of fields(version.schema.openAPIV3Schema, '')) {
      for (const { rule, message } of field['x-kubernetes-validations'] ?? [])
        expect(message, `${path}: ${rule}`).to.match(/^[A-Z'{d].*\.$/u);
    }
  });
});
