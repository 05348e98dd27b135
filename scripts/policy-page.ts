import { DEFAULT_EXCLUDED } from '../src/cli/cluster/excluded-namespaces.js';
import { readMirrors } from '../src/cli/files/mirrors-file.js';
import { place } from '../src/cli/offline/placement.js';
import { yaml } from '../src/cli/output.js';
import { ENGINE_KINDS } from '../src/engines/engines.js';
import { renderPolicies } from '../src/engines/render.js';

/** A comment that says what of which engine's policy the block behind it shows: `<!-- ENGINE: path, path -->`. */
const BLOCK = /<!-- (\w+): (.+) -->\n<!-- prettier-ignore -->\n```yaml\n[^]*?```/g;

/** Where nodes pull from in the page's example. */
const HARBOR = 'harbor.example.org';

/**
 * A page with parts of policies in it, as it should be: as `render` prints them.
 *
 * @param mirrors - path of the file with the example's mirrors
 */
export async function withPolicies(page: string, mirrors: string): Promise<string> {
  const policies = new Map<string, object>();
  for (const engine of ENGINE_KINDS) policies.set(engine, await policyOf(engine, mirrors));
  return page.replace(BLOCK, (_, engine: string, paths: string) => {
    const policy = policies.get(engine);
    if (policy === undefined) throw new Error(`There is no engine ${engine}.`);
    const parts = paths.split(', ').map((path) => yaml([part(policy, path.split('/'))]));
    return `<!-- ${engine}: ${paths} -->\n<!-- prettier-ignore -->\n\`\`\`yaml\n${parts.join('\n')}\n\`\`\``;
  });
}

async function policyOf(engine: (typeof ENGINE_KINDS)[number], path: string): Promise<object> {
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
