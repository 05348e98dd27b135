import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { go } from './go.js';
import { moduleFolder } from './programs.js';

/** What a Kyverno outside the cluster needs inside it: not its Deployments and Services. */
const neededKinds = new Set([
  'Namespace',
  'ServiceAccount',
  'ConfigMap',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
]);

/** The same without the schemas' descriptions: three quarters of the text, which the API server would read and write many times over. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, entry]) => key !== 'description' || typeof entry !== 'string');
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutDescriptions(entry)]));
}

/**
 * Writes the objects that Kyverno needs in a cluster to `path`, as a JSON array. They come from the pinned Go module itself, which
 * holds the installation manifest; its 6 MB of YAML take seconds to parse, hence the JSON.
 */
export async function writeKyvernoManifests(path: string): Promise<void> {
  const folder = moduleFolder('kyverno');
  const source = 'github.com/kyverno/kyverno';
  const remedy = 'Is the Go module proxy reachable (GOPROXY)?';
  const answer = await go(folder, ['mod', 'download', '-json', source], { kind: 'DownloadFailed', remedy });
  const { Dir: moduleDir } = JSON.parse(answer) as { Dir: string };
  const manifest = await readFile(join(moduleDir, 'config', 'install-latest-testing.yaml'), 'utf8');
  const objects = parseAllDocuments(manifest)
    .map((document) => document.toJS() as { kind?: string } | null)
    .filter((object) => object?.kind !== undefined && neededKinds.has(object.kind));
  await writeFile(path, JSON.stringify(objects.map(withoutDescriptions)));
}
