import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

import type { RegistryMirror } from '../../api/registry-mirror.js';
import { ruleChecker } from './rules.js';
import type { Schema } from './schema.js';

const FILE = 'crds/registrymirror.io_registrymirrors.yaml';
/** Put in by the build where all is one file. */
const BUNDLED = process.env.REGISTRY_MIRROR_CRD;

interface CustomResourceDefinition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

/**
 * The CRD's schema and its CEL rules as a function that checks an object and fills in the defaults, as the API server does at
 * `kubectl apply`.
 *
 * @returns what is wrong with the object; nothing where it is a RegistryMirror now.
 */
export function mirrorValidator(): (object: object) => readonly string[] {
  const schema = readSchema();
  const fits = compile(schema);
  const brokenRules = ruleChecker(schema);
  // The API server, too, evaluates its rules only on what fits the schema.
  return (object) => (fits(object) ? brokenRules(object) : (fits.errors ?? []).map(sentence));
}

function readSchema(): Schema {
  const definition = parse(BUNDLED ?? readFileSync(crdPath(), 'utf8')) as CustomResourceDefinition;
  const schema = definition.spec.versions[0]?.schema.openAPIV3Schema;
  if (schema === undefined) throw new TypeError(`${FILE} has no schema.`);
  return schema;
}

function compile(schema: Schema): ValidateFunction<RegistryMirror> {
  // The API server's formats and x-kubernetes-* keywords are not JSON Schema's.
  const ajv = new Ajv({ strict: false, useDefaults: true, allErrors: true, validateFormats: false });
  return ajv.compile<RegistryMirror>(closed({ ...schema, properties: withoutMetadata(schema) }));
}

/** The file lies beside the bundle's folder, or at the top of the source tree. */
function crdPath(): string {
  const candidates = ['../', '../../', '../../../'].map((up) =>
    fileURLToPath(new URL(`${up}${FILE}`, import.meta.url)),
  );
  const path = candidates.find(existsSync);
  if (path === undefined) throw new TypeError(`${FILE} is missing beside this program: install it again.`);
  return path;
}

/** The API server checks metadata by other means than this schema. */
function withoutMetadata({ properties = {} }: Schema): Readonly<Record<string, Schema>> {
  return { ...properties, metadata: { type: 'object', additionalProperties: true } };
}

/** JSON Schema that is as strict. The API server drops fields that the schema doesn't name; here they are more likely a slip of the pen. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(schema['x-kubernetes-list-type'] === 'set' ? { uniqueItems: true } : {}),
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, closed(member)])),
          additionalProperties: additionalProperties ?? false,
        }),
  };
}

function sentence({ instancePath, keyword, params, message }: ErrorObject): string {
  const field = instancePath === '' ? 'the object' : instancePath.slice(1).replaceAll('/', '.');
  switch (keyword) {
    case 'additionalProperties':
      return `${field} has no field ${JSON.stringify(params.additionalProperty)}: remove it, or correct its name`;
    case 'enum':
      return `${field} must be one of ${(params.allowedValues as readonly unknown[]).join(', ')}`;
    case 'required':
      return `${field} needs the field ${JSON.stringify(params.missingProperty)}`;
    default:
      return `${field} ${message ?? 'is not valid'}`;
  }
}
