import { format } from 'prettier';
import { BANNER, CODE_STYLE } from './banner.js';
import type { Crd, Schema } from './schema.js';

/** A module with the defaults of the CRD's spec: those of what is always there, and those within what is there only where somebody writes it. */
export async function defaultsFromSchema(crd: Crd): Promise<string> {
  const spec = crd.spec.versions[0].schema.openAPIV3Schema.properties?.spec;
  if (spec === undefined) throw new Error('The CRD has no spec.');
  const [always, optional] = [isAlwaysThere, isOptional].map((isMeant) =>
    JSON.stringify(defaultsOf(membersOf(spec, isMeant)) ?? {}),
  );
  const source =
    `/* ${BANNER} */\n\nexport const specDefaults = ${always ?? ''} as const;\n\n` +
    `/** Of members that the API server adds to nobody's spec. */\nexport const optionalDefaults = ${optional ?? ''} as const;\n`;
  return format(source, { parser: 'typescript', ...CODE_STYLE });
}

type Check = (parent: Schema, key: string, member: Schema) => boolean;

const isAlwaysThere: Check = ({ required = [] }, key, { properties, default: value }) =>
  properties === undefined || value !== undefined || required.includes(key);
const isOptional: Check = (...member) => !isAlwaysThere(...member);

function membersOf(schema: Schema, isMeant: Check): Schema {
  const members = Object.entries(schema.properties ?? {}).filter(([key, member]) => isMeant(schema, key, member));
  return { ...schema, properties: Object.fromEntries(members) };
}

/** Undefined where neither the schema nor anything within has a default. */
function defaultsOf(schema: Schema): unknown {
  const within = Object.entries(schema.properties ?? {})
    .map(([key, property]) => [key, defaultsOf(property)] as const)
    .filter(([, value]) => value !== undefined);
  return within.length > 0 ? Object.fromEntries(within) : schema.default;
}
