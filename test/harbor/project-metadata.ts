import { badRequest, conflict, internal, ok } from './answer.js';
import type { Answer } from './answer.js';
import type { Shape } from './body.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { paramOf } from './call.js';
import type { Harbor } from './harbor.js';
import { requireProject } from './permissions.js';
import { now } from './state.js';
import type { Project } from './state.js';
import { isFeature } from './versions.js';

const plainKeys = [
  'public',
  'auto_scan',
  'severity',
  'prevent_vul',
  'reuse_sys_cve_allowlist',
  'enable_content_trust',
  'enable_content_trust_cosign',
  'proxy_cache_local_on_not_found',
  'auto_sbom_generation',
  'proxy_referrer_api',
] as const;
const proxyKeys = [
  ...plainKeys.filter((key) => key !== 'enable_content_trust'),
  'proxy_speed_kb',
  'max_upstream_conn',
  'proxy_cache_filter_pattern',
  'proxy_cache_filter_kind',
];

/** Whether a Harbor knows a key; what it doesn't know is as good as not sent. */
const isKnown = (harbor: Harbor, key: string): boolean => !isFeature(key) || harbor.has(key);

export const metadataShape: Shape = {
  struct: 'ProjectMetadata',
  fields: Object.fromEntries([...new Set([...proxyKeys, ...plainKeys, 'retention_id'])].map((key) => [key, 'string'])),
};

/** The entries that Harbor keeps for such a project; unknown keys are dropped. */
export function keptMetadata(
  harbor: Harbor,
  isProxy: boolean,
  given: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const key of isProxy ? proxyKeys : plainKeys) {
    const value = given[key];
    if (typeof value !== 'string' || !isKnown(harbor, key)) continue;
    kept[key] = key === 'severity' ? knownSeverity(value) : value;
  }
  return kept;
}

function knownSeverity(value: string): string {
  const severity = value.toLowerCase();
  return ['none', 'negligible', 'low', 'medium', 'high', 'critical'].includes(severity) ? severity : 'unknown';
}

/** What `strconv.ParseInt` has against a text; undefined when it's a number that fits. */
function parseProblem(text: string, bits: 32 | 64): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
  const limit = 2n ** BigInt(bits - 1);
  const value = BigInt(text);
  return value >= limit || value < -limit
    ? `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`
    : undefined;
}

/** The checks that POST makes and PUT doesn't. */
export function checkNewMetadata(harbor: Harbor, sent: Readonly<Record<string, unknown>>, isProxy: boolean): void {
  const given = Object.fromEntries(Object.entries(sent).filter(([key]) => isKnown(harbor, key)));
  const { public: visibility, proxy_speed_kb: speed, max_upstream_conn: connections, retention_id: retention } = given;
  if (typeof visibility === 'string' && visibility !== 'true' && visibility !== 'false' && visibility !== '') {
    throw badRequest(`metadata.public should only be 'true' or 'false', but got: '${visibility}'`);
  }
  if (isProxy && typeof speed === 'string' && speed !== '') {
    const problem = parseProblem(speed, 32);
    if (problem !== undefined) {
      throw badRequest(`metadata.proxy_speed_kb should by an int32, but got: '${speed}', err: ${problem}`);
    }
  }
  if (isProxy && typeof connections === 'string' && connections !== '') {
    const problem = parseProblem(connections, 64);
    if (problem !== undefined) {
      throw badRequest(`metadata.max_upstream_conn should be an int, but got '${connections}', err: ${problem}`);
    }
  }
  if (typeof retention === 'string' && retention !== '') {
    throw badRequest(
      "bad request: the retention_id in the request's payload when creating a project should be omitted, alternatively passing an empty string",
    );
  }
}

const onProject = (call: Call, action: string): Project =>
  requireProject(call, paramOf(call, 'project_name_or_id'), 'metadata', action);

export function list(call: Call): Answer {
  return ok(onProject(call, 'list').metadata);
}

export function get(call: Call): Answer {
  const project = onProject(call, 'read');
  const key = paramOf(call, 'meta_name');
  const value = project.metadata[key];
  return ok(value === undefined ? {} : { [key]: value });
}

function checked(call: Call): readonly [string, string] {
  const fields = readBody(call, 'metadata', { struct: 'Metadata', fields: {} });
  const [key = ''] = fields.names();
  const value = fields.text(key);
  if (![...proxyKeys, ...plainKeys].includes(key) || !isKnown(call.harbor, key))
    throw badRequest(`invalid key: ${key}`);
  if (value === undefined) throw internal();
  if (key === 'proxy_speed_kb' && parseProblem(value, 32) !== undefined) throw badRequest(`invalid value: ${value}`);
  return [key, value];
}

export function add(call: Call): Answer {
  const project = onProject(call, 'create');
  const [key, value] = checked(call);
  if (project.metadata[key] !== undefined) throw conflict(`metadata ${key} already exists for project ${project.id}`);
  write(project, { ...project.metadata, [key]: value });
  return ok();
}

export function update(call: Call): Answer {
  const project = onProject(call, 'update');
  const [key, value] = checked(call);
  write(project, { ...project.metadata, [key]: value });
  return ok();
}

export function remove(call: Call): Answer {
  const project = onProject(call, 'delete');
  const key = paramOf(call, 'meta_name');
  write(project, Object.fromEntries(Object.entries(project.metadata).filter(([name]) => name !== key)));
  return ok();
}

function write(project: Project, metadata: Record<string, string>): void {
  project.metadata = metadata;
  project.updatedAt = now();
}
