import type { Project as ProjectSpec } from '../../api/registry-mirror.js';
import { formatQuantity, storageBytes } from '../../api/spec/quantity.js';
import type { Retention } from '../../harbor/types.js';
import type { WrittenProject } from './project-settings.js';

/** Harbor's own, for a new proxy project. */
const DEFAULT_RETENTION_DAYS = 7;
const LONGEST_RETENTION_DAYS = 3650;
const PEBIBYTE = 2 ** 50;

/** What a mirror asks of its project that Harbor keeps in objects of their own. Undefined: not managed. */
export interface ProjectLimits {
  /** Bytes, -1 for unlimited. */
  readonly storageLimit?: number;
  /** Days since the last pull that artifacts are kept for. */
  readonly retention?: number | 'all';
}

export function managedLimits({ storageQuota, retention }: ProjectSpec): ProjectLimits {
  return {
    ...(storageQuota === undefined ? {} : { storageLimit: storageBytes(storageQuota) }),
    ...(retention === undefined ? {} : { retention: retention.daysSinceLastPull ?? 'all' }),
  };
}

/** Whether a project's retention policy keeps what the mirror asks for. */
export function keeps(there: Retention | 'none', wanted: number | 'all'): boolean {
  if (wanted === 'all') return there === 'none' || there.keepsAll;
  return there !== 'none' && there.daysSinceLastPull === wanted;
}

/**
 * A project's quota and retention where they differ from Harbor's defaults, as a mirror says them.
 *
 * @param quota - bytes; -1 for unlimited
 */
export function writtenLimits(
  quota: number | undefined,
  retention: Retention | 'none',
): { readonly settings: WrittenProject; readonly notes: readonly string[] } {
  const read = [writtenQuota(quota ?? -1), writtenRetention(retention)];
  return {
    settings: Object.assign({}, ...read.filter((one) => typeof one !== 'string')) as WrittenProject,
    notes: read.filter((one) => typeof one === 'string'),
  };
}

function writtenQuota(bytes: number): WrittenProject | string {
  if (bytes <= 0) return {};
  return bytes <= PEBIBYTE
    ? { storageQuota: formatQuantity(bytes) }
    : 'its storage quota is above 1Pi and stays as it is';
}

function writtenRetention(there: Retention | 'none'): WrittenProject | string {
  if (keeps(there, 'all')) return { retention: { keep: 'All' } };
  const days = there === 'none' ? undefined : there.daysSinceLastPull;
  if (days === DEFAULT_RETENTION_DAYS) return {};
  return days !== undefined && days >= 1 && days <= LONGEST_RETENTION_DAYS
    ? { retention: { daysSinceLastPull: days } }
    : 'its retention rules are more than "keep what was pulled within some days" and stay as they are';
}
