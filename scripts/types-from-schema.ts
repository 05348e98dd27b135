import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { BANNER, CODE_STYLE } from './banner.js';
import type { Crd, Schema } from './schema.js';

/** Objects that get a name of their own; a path may stand for several places with the same shape. */
const typeNames: Readonly<Record<string, string>> = {
  'spec.upstream': 'Upstream',
  'spec.upstream.type': 'UpstreamType',
  'spec.upstream.credentialsSecretRef': 'SecretReference',
  'spec.upstream.caCertificateSecretRef': 'SecretReference',
  'spec.harbor': 'HarborReference',
  'spec.harbor.credentialsSecretRef': 'SecretReference',
  'spec.harbor.caCertificateSecretRef': 'SecretReference',
  'spec.project': 'Project',
  'spec.project.preventVulnerable.severity': 'Severity',
  'spec.project.retention': 'Retention',
  'spec.project.filter': 'RepositoryFilter',
  'spec.rewrite': 'Rewrite',
  'spec.rewrite.engine': 'Engine',
  'spec.rewrite.namespaceSelector': 'LabelSelector',
  'spec.rewrite.namespaceSelector.matchExpressions[]': 'LabelSelectorRequirement',
  'spec.rewrite.podSelector': 'LabelSelector',
  'spec.rewrite.podSelector.matchExpressions[]': 'LabelSelectorRequirement',
  'spec.rewrite.repositories': 'Repositories',
  'spec.probe': 'Probe',
  'status.harbor': 'HarborStatus',
  'status.harbor.credentialsSecretRef': 'SecretReference',
  'status.harbor.caCertificateSecretRef': 'SecretReference',
  'status.formerHarbors[]': 'FormerHarbor',
  'status.formerHarbors[].credentialsSecretRef': 'SecretReference',
  'status.formerHarbors[].caCertificateSecretRef': 'SecretReference',
  'status.policy': 'PolicyStatus',
  'status.conditions[]': 'Condition',
};

/**
 * The TypeScript types of the CRD's spec and status, as objects come from the API server: what the CRD defaults is never
 * missing, and everything is readonly.
 */
export async function typesFromSchema(crd: Crd): Promise<string> {
  const { spec, status } = crd.spec.versions[0].schema.openAPIV3Schema.properties ?? {};
  if (spec === undefined || status === undefined) throw new Error('The CRD has no spec or no status.');
  const definitions = new Map<string, JSONSchema>();
  const root: JSONSchema = {
    type: 'object',
    additionalProperties: false,
    required: ['spec', 'status'],
    properties: {
      spec: converted(spec, 'spec', definitions, 'RegistryMirrorSpec'),
      status: converted(status, 'status', definitions, 'RegistryMirrorStatus'),
    },
    definitions: Object.fromEntries(definitions),
  };
  const text = await compile(root, 'RegistryMirrorContent', {
    bannerComment: `/* ${BANNER} */`,
    additionalProperties: false,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    format: true,
    style: CODE_STYLE,
  });
  return readonlyProperties(withoutReferenceNotes(text));
}

/** Names a schema where {@link typeNames} does, so that a shape that is used in several places becomes one type. */
function converted(
  schema: Schema,
  path: string,
  definitions: Map<string, JSONSchema>,
  name = typeNames[path],
): JSONSchema {
  const shape = shapeOf(schema, path, definitions);
  if (name === undefined) return shape;
  definitions.set(name, { ...shape, ...(usedOnce(path) ? {} : { description: undefined }), title: name });
  return { description: schema.description, tsType: name };
}

function usedOnce(path: string): boolean {
  const name = typeNames[path];
  return Object.values(typeNames).filter((other) => other === name).length <= 1;
}

function shapeOf(schema: Schema, path: string, definitions: Map<string, JSONSchema>): JSONSchema {
  const { description } = schema;
  const described = description === undefined ? {} : { description };
  if (schema['x-kubernetes-int-or-string'] === true) return { ...described, tsType: 'number | string' };
  if (schema.enum !== undefined) return { ...described, type: 'string', enum: [...schema.enum] };
  if (schema.items !== undefined)
    return { ...described, type: 'array', items: converted(schema.items, `${path}[]`, definitions) };
  if (schema.additionalProperties !== undefined) return { ...described, tsType: 'Readonly<Record<string, string>>' };
  if (schema.properties === undefined) return { ...described, type: schema.type as 'string' };
  const properties = Object.entries(schema.properties);
  return {
    ...described,
    type: 'object',
    additionalProperties: false,
    required: properties
      .filter(([key, p]) => schema.required?.includes(key) === true || p.default !== undefined)
      .map(([key]) => key),
    properties: Object.fromEntries(
      properties.map(([key, property]) => [key, converted(property, `${path}.${key}`, definitions)]),
    ),
  };
}

/** The library notes at each definition that a reference to it was made; there is no such reference here. */
function withoutReferenceNotes(text: string): string {
  return text
    .replaceAll(/^ \* (?:via the `definition` "\w+"\.|This interface was referenced by `\w+`'s JSON-Schema)\n/gm, '')
    .replaceAll(/^ \*\n(?= \*\/)/gm, '')
    .replaceAll(/^\/\*\*\n \*\/\n/gm, '');
}

function readonlyProperties(text: string): string {
  return text.replaceAll(/^( +)(\w+\??: )/gm, '$1readonly $2').replaceAll(/: (\w+|\(.*\))\[\];/g, ': readonly $1[];');
}
