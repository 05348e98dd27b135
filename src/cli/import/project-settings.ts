import type { Project as WrittenProject, Severity } from '../../api/registry-mirror.js';
import type { ProxyProject } from './proxy-project.js';

/** Harbor's own, for a new proxy project. */
const DEFAULT_RETENTION_DAYS = 7;
const PEBIBYTE = 2 ** 50;
const BYTES_PER_SPEED_UNIT = 128;
const LEAST_SPEED = 8;
const SEVERITIES: readonly string[] = ['none', 'low', 'medium', 'high', 'critical'];
const UNITS = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;

export interface ProjectSettings {
  readonly settings: Omit<WrittenProject, 'name'>;
  /** What a mirror can't say: it stays in Harbor as it is. */
  readonly notes: readonly string[];
}

/**
 * The project's settings that differ from Harbor's defaults, as a mirror says them; the rest isn't managed. Pure.
 *
 * @param statePublic - whether to say so of a public project, too
 */
export function projectSettings(found: ProxyProject, statePublic: boolean): ProjectSettings {
  const { metadata } = found.project;
  const notes: string[] = [];
  const isPublic = metadata.public === 'true';
  const connections = Number(metadata.max_upstream_conn ?? -1);
  const severity = metadata.severity ?? '';
  const settings: Omit<WrittenProject, 'name'> = {
    ...(isPublic && !statePublic ? {} : { public: isPublic }),
    ...storageQuota(found.quota, notes),
    ...bandwidthLimit(Number(metadata.proxy_speed_kb ?? -1), notes),
    ...(connections > 0 ? { maxUpstreamConnections: connections } : {}),
    ...(metadata.proxy_cache_local_on_not_found === 'true' ? { serveCachedWhenDeletedUpstream: true } : {}),
    ...(metadata.auto_scan === 'true' ? { autoScan: true } : {}),
    ...(metadata.prevent_vul === 'true' && isSeverity(severity) ? { preventVulnerable: { severity } } : {}),
    ...retention(found.retention, notes),
  };
  return { settings, notes };
}

function isSeverity(severity: string): severity is Severity {
  return SEVERITIES.includes(severity);
}

function storageQuota(bytes = -1, notes: string[]): Pick<WrittenProject, 'storageQuota'> {
  if (bytes <= 0) return {};
  if (bytes <= PEBIBYTE) return { storageQuota: quantity(bytes) };
  notes.push('its storage quota is above 1Pi and stays as it is');
  return {};
}

function bandwidthLimit(speed: number, notes: string[]): Pick<WrittenProject, 'bandwidthLimit'> {
  if (!(speed > 0)) return {};
  if (speed >= LEAST_SPEED && speed * BYTES_PER_SPEED_UNIT < 2 ** 31) {
    return { bandwidthLimit: quantity(speed * BYTES_PER_SPEED_UNIT) };
  }
  notes.push(`its bandwidth limit (${speed} kb/s) is out of a mirror's range and stays as it is`);
  return {};
}

function retention(found: ProxyProject['retention'], notes: string[]): Pick<WrittenProject, 'retention'> {
  if (found === 'none' || found.keepsAll) return { retention: { keep: 'All' } };
  const { daysSinceLastPull: days } = found;
  if (days === DEFAULT_RETENTION_DAYS) return {};
  if (days !== undefined && days >= 1 && days <= 3650) return { retention: { daysSinceLastPull: days } };
  notes.push('its retention rules are more than "keep what was pulled within some days" and stay as they are');
  return {};
}

/** With the largest unit that leaves a whole number. */
function quantity(bytes: number): number | string {
  for (const [index, unit] of UNITS.entries()) {
    const size = 2 ** (10 * (UNITS.length - index));
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes;
}
