import { createHash } from 'node:crypto';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName, upstreamTypes, upstreamUrl } from '../../api/spec/upstream-types.js';
import type { Mark } from '../../harbor/mark.js';
import type { UpstreamSecrets } from '../../credentials/upstream-secrets.js';
import type { Endpoint } from '../../harbor/types.js';
import { managedLimits } from './project-limits.js';
import type { ProjectLimits } from './project-limits.js';
import { managedSettings } from './project-settings.js';
import type { Metadata } from './project-settings.js';

/** Harbor's limit on an endpoint's name, in bytes. */
const ENDPOINT_NAME_BYTES = 64;
const HASH_LENGTH = 8;
/** The type that serves where this Harbor can't proxy the upstream's own. */
const STAND_IN = 'docker-registry';

/** What a mirror's spec asks of Harbor, with all defaults resolved. */
export interface Desired extends ProjectLimits {
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
  /** Set where the mirror deletes what it made when it goes. */
  readonly deletion?: 'Delete';
  /** Managed settings: repaired when they differ. */
  readonly metadata: Metadata;
  /** Whether the spec itself says who may pull, and not the default. */
  readonly statesPublic: boolean;
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
    ...(spec.deletionPolicy === 'Delete' ? { deletion: 'Delete' } : {}),
    metadata: managedSettings(spec),
    statesPublic: spec.project.public !== undefined,
    ...managedLimits(spec.project),
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

/** With its port. */
export function hostOf(url: string): string {
  return parse(url)?.host ?? url;
}

function parse(url: string): URL | undefined {
  const withScheme = url.includes('://') ? url : `http://${url}`;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}
