import { format } from 'prettier';
import { BANNER, CODE_STYLE } from './banner.js';
import type { Crd, Schema } from './schema.js';

/** A module with the defaults of the CRD's spec, as one object. */
export async function defaultsFromSchema(crd: Crd): Promise<string> {
  const spec = crd.spec.versions[0].schema.openAPIV3Schema.properties?.spec;
  if (spec === undefined) throw new Error('The CRD has no spec.');
  const source = `/* ${BANNER} */\n\nexport const specDefaults = ${JSON.stringify(defaultsOf(spec))} as const;\n`;
  return format(source, { parser: 'typescript', ...CODE_STYLE });
}

/** Undefined where neither the schema nor anything within has a default. */
function defaultsOf(schema: Schema): unknown {
  const within = Object.entries(schema.properties ?? {})
    .map(([key, property]) => [key, defaultsOf(property)] as const)
    .filter(([, value]) => value !== undefined);
  return within.length > 0 ? Object.fromEntries(within) : schema.default;
}
