import type { Project as ProjectSpec, RegistryMirrorSpec, Severity } from '../../api/registry-mirror.js';
import { bandwidthOf, proxySpeedKb } from '../../api/spec/quantity.js';
import { filterPattern, FILTER_KIND } from './repository-filter.js';

/** What Harbor keeps of a project, and what a call says of it. All values are strings: a JSON boolean is a 422. */
export type Metadata = Readonly<Record<string, string>>;
/** `spec.project` as a person writes it. */
export type WrittenProject = Omit<ProjectSpec, 'name'>;

const SEVERITIES: readonly string[] = ['none', 'low', 'medium', 'high', 'critical'];

type Spec = Pick<RegistryMirrorSpec, 'project' | 'rewrite'>;

/** One setting of the project: a field of the spec, and what Harbor calls it. */
interface ProjectSetting {
  /** Below `spec.project`. */
  readonly field: keyof WrittenProject;
  /** In Harbor's metadata. They are written together: Harbor checks one by the other. */
  readonly keys: readonly [string, ...string[]];
  /** The first Harbor that has it; absent: all that the operator works with. */
  readonly since?: string;
  /** What an absent key says; without it, an absent key is never as the spec says. */
  readonly absent?: string;
  /** Undefined: the spec doesn't say, and it isn't managed. */
  readonly toHarbor: (spec: Spec) => Metadata | undefined;
  /** Nothing where it is Harbor's default; a sentence where a mirror can't say it. */
  readonly fromHarbor: (metadata: Metadata) => WrittenProject | string;
}

/** In Harbor's metadata, what a filter is. */
export const FILTER_KEYS: readonly [string, ...string[]] = ['proxy_cache_filter_pattern', 'proxy_cache_filter_kind'];

/** All settings that are part of Harbor's project itself. Quota and retention are objects of their own there: project-limits.ts. */
const SETTINGS: readonly ProjectSetting[] = [
  {
    field: 'public',
    keys: ['public'],
    toHarbor: ({ project }) => ({ public: String(project.public ?? true) }),
    fromHarbor: (metadata) => (metadata.public === 'true' ? {} : { public: false }),
  },
  flag('autoScan', 'auto_scan'),
  flag('serveCachedWhenDeletedUpstream', 'proxy_cache_local_on_not_found', '2.15.1'),
  flag('referrers', 'proxy_referrer_api', '2.16.0'),
  {
    field: 'bandwidthLimit',
    keys: ['proxy_speed_kb'],
    since: '2.12.0',
    toHarbor: ({ project: { bandwidthLimit } }) =>
      bandwidthLimit === undefined ? undefined : { proxy_speed_kb: String(proxySpeedKb(bandwidthLimit)) },
    fromHarbor: ({ proxy_speed_kb: speed = '-1' }) => {
      if (!(Number(speed) > 0)) return {};
      const bandwidthLimit = bandwidthOf(Number(speed));
      return bandwidthLimit === undefined
        ? `its bandwidth limit (${speed} kb/s) is out of a mirror's range and stays as it is`
        : { bandwidthLimit };
    },
  },
  {
    field: 'maxUpstreamConnections',
    keys: ['max_upstream_conn'],
    since: '2.14.1',
    toHarbor: ({ project: { maxUpstreamConnections: most } }) =>
      most === undefined ? undefined : { max_upstream_conn: String(most) },
    fromHarbor: ({ max_upstream_conn: most }) => (Number(most) > 0 ? { maxUpstreamConnections: Number(most) } : {}),
  },
  {
    field: 'preventVulnerable',
    keys: ['prevent_vul', 'severity'],
    toHarbor: ({ project: { preventVulnerable } }) =>
      preventVulnerable === undefined ? undefined : { prevent_vul: 'true', severity: preventVulnerable.severity },
    fromHarbor: ({ prevent_vul: prevents, severity = '' }) =>
      prevents === 'true' && isSeverity(severity) ? { preventVulnerable: { severity } } : {},
  },
  {
    field: 'filter',
    keys: FILTER_KEYS,
    since: '2.16.0',
    absent: '',
    toHarbor: ({ project: { filter }, rewrite: { repositories } }) => {
      if (filter === undefined) return undefined;
      const pattern = filter === 'None' ? '' : (filterPattern(repositories?.include) ?? '');
      return {
        proxy_cache_filter_pattern: pattern,
        ...(pattern === '' ? {} : { proxy_cache_filter_kind: FILTER_KIND }),
      };
    },
    fromHarbor: ({ proxy_cache_filter_pattern: pattern = '' }) =>
      pattern === '' ? {} : `its filter (${pattern}) stays as it is: spec.project.filter writes one of its own`,
  },
];

/** What a mirror asks of its project. What its spec leaves out is not managed, but for `public`. */
export function managedSettings(spec: Spec): Metadata {
  return Object.assign({}, ...SETTINGS.map(({ toHarbor }) => toHarbor(spec) ?? {})) as Metadata;
}

/**
 * The settings that are not as they should be, whole.
 *
 * @param unsupported - fields of the spec that this Harbor lacks: writing them would change nothing, again and again
 */
export function differingSettings(wanted: Metadata, there: Metadata, unsupported: ReadonlySet<string>): Metadata {
  const differing = SETTINGS.filter(
    (setting) => isNamed(setting, wanted) && !unsupported.has(nameOf(setting)) && differs(setting, wanted, there),
  );
  return picked(wanted, differing);
}

/** What a new project gets of these settings. */
export function supportedSettings(wanted: Metadata, unsupported: ReadonlySet<string>): Metadata {
  return picked(
    wanted,
    SETTINGS.filter((setting) => !unsupported.has(nameOf(setting))),
  );
}

/** The fields of the spec, as `spec.project.autoScan`, that these settings come from. */
export function fieldsOf(metadata: Metadata): readonly string[] {
  return SETTINGS.filter((setting) => isNamed(setting, metadata)).map(nameOf);
}

/** The fields of the spec of which Harbor kept nothing. It drops what it doesn't know without a word. */
export function droppedFields(written: Metadata, there: Metadata): readonly string[] {
  const isDropped = ({ keys, absent }: ProjectSetting): boolean =>
    keys.some((key) => written[key] !== undefined && written[key] !== absent && there[key] === undefined);
  return SETTINGS.filter(isDropped).map(nameOf);
}

/** Since when Harbor has which field of the spec; fields that every Harbor has are left out. */
export const PROJECT_FIELDS_SINCE: ReadonlyMap<string, string> = new Map(
  SETTINGS.flatMap((setting) => (setting.since === undefined ? [] : [[nameOf(setting), setting.since] as const])),
);

/** A project's settings that differ from Harbor's defaults, as a mirror says them. */
export function writtenSettings(metadata: Metadata): {
  readonly settings: WrittenProject;
  readonly notes: readonly string[];
} {
  const read = SETTINGS.map(({ fromHarbor }) => fromHarbor(metadata));
  return {
    settings: Object.assign({}, ...read.filter((one) => typeof one !== 'string')) as WrittenProject,
    notes: read.filter((one) => typeof one === 'string'),
  };
}

function flag(
  field: 'autoScan' | 'serveCachedWhenDeletedUpstream' | 'referrers',
  key: string,
  since?: string,
): ProjectSetting {
  return {
    field,
    keys: [key],
    ...(since === undefined ? {} : { since }),
    toHarbor: ({ project }) => (project[field] === undefined ? undefined : { [key]: String(project[field]) }),
    fromHarbor: (metadata) => (metadata[key] === 'true' ? { [field]: true } : {}),
  };
}

function nameOf({ field }: ProjectSetting): string {
  return `spec.project.${field}`;
}

function isNamed({ keys }: ProjectSetting, metadata: Metadata): boolean {
  return keys.some((key) => metadata[key] !== undefined);
}

function differs({ keys, absent }: ProjectSetting, wanted: Metadata, there: Metadata): boolean {
  return keys.some((key) => wanted[key] !== undefined && wanted[key] !== (there[key] ?? absent));
}

function picked(metadata: Metadata, settings: readonly ProjectSetting[]): Metadata {
  const keys = settings.flatMap((setting) => setting.keys);
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => keys.includes(key)));
}

function isSeverity(severity: string): severity is Severity {
  return SEVERITIES.includes(severity);
}
