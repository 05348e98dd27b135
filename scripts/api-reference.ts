import { format } from 'prettier';
import { ANNOTATIONS, LABELS } from '../src/api/group.js';
import { BANNER } from './banner.js';
import type { Crd, PrinterColumn, Schema } from './schema.js';

/** What users write on objects beside the spec. */
const MARKS: readonly (readonly string[])[] = [
  [ANNOTATIONS.requestedAt, 'a RegistryMirror', 'any new text', 'The operator looks at the mirror at once.'],
  [
    ANNOTATIONS.abandon,
    'a RegistryMirror that is being deleted',
    'true',
    "The mirror goes at once, without what it waits for: a Harbor that doesn't answer, or a policy that can't be written. An Event says what may be left.",
  ],
  [LABELS.rewrite, 'a Pod or a namespace', 'disabled', 'Its Pods are left alone.'],
  [LABELS.credentials, 'a Secret', 'upstream or harbor', 'Mirrors may refer to the Secret, for that use.'],
  [
    ANNOTATIONS.allowedHosts,
    'such a Secret',
    'hosts, with commas between them',
    'Its content is sent to these hosts only. Needed on a Secret for spec.harbor.',
  ],
].map(([name = '', ...cells]) => [`\`${name}\``, ...cells]);

/** docs/reference/api.md: one table per object of the CRD, with defaults, limits and what its validations say. */
export async function apiReference(crd: Crd): Promise<string> {
  const { names, group } = crd.spec;
  const [version] = crd.spec.versions;
  const root = version.schema.openAPIV3Schema;
  const parts = [
    `<!-- ${BANNER} -->`,
    `# ${names.kind}`,
    root.description ?? '',
    `\`apiVersion: ${group}/${version.name}\`, \`kind: ${names.kind}\`; ${crd.spec.scope.toLowerCase()}-scoped, ` +
      `short name \`${names.shortNames.join('`, `')}\`, category \`${names.categories.join('`, `')}\`.`,
    ...rulesOf(root),
    ...objects('spec', root.properties?.spec),
    ...objects('status', root.properties?.status),
    '## Annotations and labels',
    table(['Name', 'On', 'Value', 'Meaning'], MARKS),
    '## Columns of `kubectl get`',
    table(['Column', 'Shown', 'From'], version.additionalPrinterColumns.map(columnRow)),
  ];
  return format(parts.join('\n\n'), { parser: 'markdown' });
}

/** A section for this object, then one for each object within. */
function objects(path: string, schema: Schema | undefined): readonly string[] {
  if (schema?.properties === undefined) return [];
  const rows = Object.entries(schema.properties).map(([name, property]) =>
    row(`${path}.${name}`, name, property, schema.required?.includes(name) === true),
  );
  return [
    `## ${path}`,
    schema.description ?? '',
    table(['Field', 'Type', 'Default', 'Description'], rows),
    ...rulesOf(schema),
    ...Object.entries(schema.properties).flatMap(([name, property]) => [
      ...objects(`${path}.${name}`, property),
      ...objects(`${path}.${name}[]`, property.items),
    ]),
  ];
}

function row(path: string, name: string, schema: Schema, isRequired: boolean): readonly string[] {
  const link = schema.properties ?? schema.items?.properties;
  const target = schema.items?.properties === undefined ? path : `${path}[]`;
  return [
    link === undefined ? `\`${name}\`` : `[\`${name}\`](#${anchor(target)})`,
    typeOf(schema),
    isRequired
      ? 'required'
      : schema.default === undefined
        ? ''
        : `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``,
    [plain(schema.description ?? ''), ...messages(schema), ...messages(schema.items ?? {})].join(' '),
  ];
}

/** Two globs in one text would be taken for emphasis. */
function plain(text: string): string {
  return text.replaceAll('*', '\\*');
}

/** GitHub's: lower case, without dots and brackets. */
function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
}

function typeOf(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return `integer or string${limits(schema)}`;
  if (schema.items !== undefined) return `list${limits(schema)} of ${typeOf(schema.items)}`;
  if (schema.additionalProperties !== undefined)
    return `map${limits(schema)} of ${typeOf(schema.additionalProperties)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  return `${schema.type ?? 'any'}${limits(schema)}`;
}

function limits(schema: Schema): string {
  const { minItems, maxItems, maxProperties, maxLength, minimum, maximum } = schema;
  const range = (low: number | undefined, high: number, what: string): string =>
    ` (${low === undefined ? 'at most ' : `${low} to `}${high}${what})`;
  if (maxItems !== undefined) return range(minItems, maxItems, '');
  if (maxProperties !== undefined) return range(undefined, maxProperties, '');
  if (maxLength !== undefined) return range(undefined, maxLength, ' characters');
  return maximum === undefined ? '' : range(minimum, maximum, '');
}

/** Rules of an object stand below its table; those of a field are part of its row. */
function rulesOf(schema: Schema): readonly string[] {
  const texts = objectMessages(schema);
  return texts.length === 0 ? [] : ['Refused, with these words:', texts.map((text) => `- ${text}`).join('\n')];
}

function messages(schema: Schema): readonly string[] {
  return schema.properties === undefined ? objectMessages(schema).map((text) => `_${plain(text)}_`) : [];
}

function objectMessages(schema: Schema): readonly string[] {
  return (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message ?? '');
}

function columnRow({ name, priority, jsonPath, description }: PrinterColumn): readonly string[] {
  return [
    name.toUpperCase(),
    priority === undefined ? 'always' : 'with `-o wide`',
    [`\`${jsonPath}\``, description].filter(Boolean).join(': '),
  ];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
