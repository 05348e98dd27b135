import { createHash } from 'node:crypto';
import type { RegistryMirror, RegistryMirrorSpec } from '../api/registry-mirror.js';
import { proxySpeedKb, storageBytes } from '../api/quantity.js';
import { projectName, upstreamTypes, upstreamUrl } from '../api/upstream-types.js';
import type { Mark } from '../harbor/mark.js';
import type { Credentials, Endpoint } from '../harbor/types.js';

/** Harbor's limit on an endpoint's name, in bytes. */
const ENDPOINT_NAME_BYTES = 64;
const HASH_LENGTH = 8;
/** The type that serves where this Harbor can't proxy the upstream's own. */
const STAND_IN = 'docker-registry';

/** The Secrets that a mirror's endpoint is written with. */
export interface UpstreamSecrets {
  readonly credentials?: Credentials;
  /** PEM. */
  readonly caCertificate?: string;
  /** What tells these Secrets from others without telling them: an HMAC with the operator's key. */
  readonly hmac?: string;
}

/** What a mirror's spec asks of Harbor, with all defaults resolved. */
export interface Desired {
  readonly mirror: string;
  /** The endpoint's type to make. */
  readonly endpointType: string;
  /** The types that count as in sync: either may be what this Harbor can proxy. */
  readonly endpointTypes: readonly string[];
  /** The type that was asked for and that this Harbor refused, where another one is made for that. */
  readonly instead?: string;
  readonly url: string;
  readonly insecure: boolean;
  /** The user's part of the endpoint's description; undefined: what stands there. */
  readonly description: string | undefined;
  readonly secrets: UpstreamSecrets;
  readonly projectName: string;
  /** Managed settings: repaired when they differ. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Settings that a new project gets and nobody repairs where the spec leaves them out. */
  readonly initialMetadata: Readonly<Record<string, string>>;
  /** Bytes, -1 for unlimited; undefined: not managed. */
  readonly storageLimit?: number;
  /** Days since the last pull that artifacts are kept for; undefined: not managed. */
  readonly retention?: number | 'all';
}

/** The settings of Harbor's project that the spec states. Harbor takes strings only (a JSON boolean is a 422). */
function managedMetadata({ project }: RegistryMirrorSpec): Record<string, string> {
  const metadata: Record<string, string | undefined> = {
    public: stringOf(project.public),
    auto_scan: stringOf(project.autoScan),
    max_upstream_conn: stringOf(project.maxUpstreamConnections),
    proxy_cache_local_on_not_found: stringOf(project.serveCachedWhenDeletedUpstream),
    proxy_speed_kb: project.bandwidthLimit === undefined ? undefined : String(proxySpeedKb(project.bandwidthLimit)),
    ...(project.preventVulnerable === undefined
      ? {}
      : { prevent_vul: 'true', severity: project.preventVulnerable.severity }),
  };
  return Object.fromEntries(Object.entries(metadata).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function stringOf(value: boolean | number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/**
 * What the mirror asks of Harbor. Pure.
 *
 * @param unproxied - endpoint types that this Harbor was seen to refuse for proxy projects
 */
export function desiredState(
  mirror: RegistryMirror,
  secrets: UpstreamSecrets,
  unproxied: ReadonlySet<string>,
): Desired {
  const { spec } = mirror;
  const facts = upstreamTypes[spec.upstream.type];
  const types = [facts.fallbackHarborType ?? facts.harborType, facts.harborType, STAND_IN];
  const [firstChoice = STAND_IN] = types;
  const [endpointType = STAND_IN] = types.filter((type) => !unproxied.has(type));
  const { project } = spec;
  return {
    mirror: mirror.metadata.name,
    endpointType,
    endpointTypes: [endpointType, facts.harborType].filter((type) => !unproxied.has(type)),
    ...(endpointType === firstChoice ? {} : { instead: firstChoice }),
    url: upstreamUrl(spec),
    insecure: spec.upstream.insecureSkipTLSVerify,
    description: spec.upstream.description,
    secrets,
    projectName: projectName(mirror),
    metadata: managedMetadata(spec),
    initialMetadata: project.public === undefined ? { public: 'true' } : {},
    ...(project.storageQuota === undefined ? {} : { storageLimit: storageBytes(project.storageQuota) }),
    ...(project.retention === undefined ? {} : { retention: project.retention.daysSinceLastPull ?? 'all' }),
  };
}

/**
 * Whether an endpoint of ours has a type that serves this mirror: one that is asked for, or the stand-in that was made when this Harbor
 * refused the one that is asked for. The mark remembers it, since the operator forgets when it ends.
 */
export function servesType({ endpointTypes }: Desired, endpoint: Endpoint, mark: Mark | undefined): boolean {
  const isStandIn = mark?.instead !== undefined && endpointTypes.includes(mark.instead);
  return endpointTypes.includes(endpoint.type) || isStandIn;
}

/**
 * The name of the endpoint: the project's; where that is taken by a foreign endpoint or too long for Harbor, its beginning and a
 * hash. Deterministic, so that a second try finds what the first made.
 */
export function endpointName(project: string, clusterId: string, taken: (name: string) => boolean): string {
  if (Buffer.byteLength(project) <= ENDPOINT_NAME_BYTES && !taken(project)) return project;
  const hash = createHash('sha256').update(`${clusterId}/${project}`).digest('hex').slice(0, HASH_LENGTH);
  return `${project.slice(0, ENDPOINT_NAME_BYTES - HASH_LENGTH - 1)}-${hash}`;
}

/** Whether two urls are the same upstream to Harbor: scheme, host, port and path, without a trailing slash. */
export function sameUrl(a: string, b: string): boolean {
  return comparable(a) === comparable(b);
}

/** Whether two urls name the same upstream host: another host's content must not mix with what a project has cached. */
export function sameHost(a: string, b: string): boolean {
  return hostOf(a) === hostOf(b);
}

function comparable(url: string): string {
  const parsed = parse(url);
  return parsed === undefined ? url : `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
}

function hostOf(url: string): string {
  return parse(url)?.host ?? url;
}

function parse(url: string): URL | undefined {
  const withScheme = url.includes('://') ? url : `http://${url}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}
