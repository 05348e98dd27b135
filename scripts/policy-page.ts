import { dirname, join } from 'node:path';
import { DEFAULT_EXCLUDED } from '../src/cli/cluster/excluded-namespaces.js';
import { readMirrors } from '../src/cli/files/mirrors-file.js';
import { place } from '../src/cli/offline/placement.js';
import { yaml } from '../src/cli/output.js';
import { ENGINE_KINDS } from '../src/engines/engines.js';
import { renderPolicies } from '../src/engines/render.js';

/**
 * A comment that says what of which engine's policy the block behind it shows: `<!-- ENGINE: path, path -->`, or `<!-- ENGINE of FILE: path, path -->` where it
 * is the policy of other mirrors, in a file beside that of the page's example.
 */
const BLOCK = /<!-- ((\w+)(?: of ([\w.-]+))?): (.+) -->\n<!-- prettier-ignore -->\n```yaml\n[^]*?```/g;

/** Where nodes pull from in the page's example. */
const HARBOR = 'harbor.example.org';

/**
 * A page with parts of policies in it, as it should be: as `render` prints them.
 *
 * @param mirrors - path of the file with the example's mirrors
 */
export async function withPolicies(page: string, mirrors: string): Promise<string> {
  const policies = new Map<string, object>();
  for (const [, whose = '', engine = '', file] of page.matchAll(BLOCK)) {
    const path = file === undefined ? mirrors : join(dirname(mirrors), file);
    policies.set(whose, policies.get(whose) ?? (await policyOf(engine, path)));
  }
  return page.replace(BLOCK, (_, whose: string, _engine: string, _file: string | undefined, paths: string) => {
    const parts = paths.split(', ').map((path) => yaml([part(policies.get(whose) ?? {}, path.split('/'))]));
    return `<!-- ${whose}: ${paths} -->\n<!-- prettier-ignore -->\n\`\`\`yaml\n${parts.join('\n')}\n\`\`\``;
  });
}

async function policyOf(name: string, path: string): Promise<object> {
  const engine = ENGINE_KINDS.find((kind) => kind === name);
  if (engine === undefined) throw new Error(`There is no engine ${name}.`);
  const mirrors = (await readMirrors([path], { warn: fail })).map((mirror) => ({
    ...mirror,
    spec: { ...mirror.spec, rewrite: { ...mirror.spec.rewrite, engine } },
  }));
  const { placed } = place(mirrors, HARBOR);
  const [policy, ...more] = renderPolicies(placed, { excludedNamespaces: DEFAULT_EXCLUDED });
  if (policy === undefined || more.length > 0) throw new Error(`${path} has to come to one policy.`);
  return { ...policy.object, binding: policy.binding };
}

/**
 * A member with its name, or an item of a list as a list of one. Items are told by their names, by how these begin (`mirrored-image-*`), or by their place where they have
 * no name.
 */
function part(value: object, [first = '', ...rest]: readonly string[]): object {
  if (Array.isArray(value)) {
    const items = value as readonly object[];
    const item = items.find((each) => 'name' in each && isNamed(each.name, first)) ?? items[Number(first)];
    if (item === undefined) throw new Error(`There is no item ${first}.`);
    return rest.length === 0 ? [item] : part(item, rest);
  }
  const member = (value as Readonly<Record<string, unknown>>)[first];
  if (member === undefined) throw new Error(`There is no member ${first}.`);
  if (rest.length === 0) return { [first]: member };
  if (typeof member !== 'object' || member === null) throw new Error(`${first} has no members.`);
  return part(member, rest);
}

function isNamed(name: unknown, wanted: string): boolean {
  return typeof name === 'string' && (wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted);
}

function fail(warning: string): never {
  throw new Error(warning);
}
