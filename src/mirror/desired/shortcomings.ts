import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Project } from '../../harbor/types.js';
import { CA_CERTIFICATE, describeField } from './harbor-support.js';
import type { HarborPlan } from '../plan/plan-input.js';
import { fieldsOf, managedSettings } from './project-settings.js';
import { compareFilter, FILTER_LENGTH, filterPattern } from './repository-filter.js';

/** How what is in force in Harbor falls short of what a mirror asks for, although nothing is left to do. */
export interface Shortcomings {
  /** Fields of the spec that are not in force, in a person's words. */
  readonly unsupported: readonly string[];
  /** Why pulls of some of what the mirror sends Pods for end in 404. */
  readonly filterWarning?: string;
}

/**
 * Compares a mirror's spec with the project as it stands. Pure.
 *
 * @param lacking - fields of the spec that this Harbor lacks
 */
export function shortcomings(
  mirror: RegistryMirror,
  project: Project | undefined,
  hold: HarborPlan['hold'],
  lacking: ReadonlySet<string>,
): Shortcomings {
  // Nothing is written to what is only used.
  const unsupported = hold === 'used' ? [] : [...unsupportedFields(mirror, lacking), ...filterTooLong(mirror, lacking)];
  const filterWarning = project === undefined ? undefined : narrowFilter(mirror, project, hold);
  return { unsupported, ...(filterWarning === undefined ? {} : { filterWarning }) };
}

function unsupportedFields({ spec }: RegistryMirror, lacking: ReadonlySet<string>): readonly string[] {
  const certificate = spec.upstream.caCertificateSecretRef === undefined ? [] : [CA_CERTIFICATE];
  const named = [...fieldsOf(managedSettings(spec)), ...certificate];
  return named.filter((field) => lacking.has(field)).map(describeField);
}

function filterTooLong({ spec }: RegistryMirror, lacking: ReadonlySet<string>): readonly string[] {
  const { project, rewrite } = spec;
  const isWanted = project.filter === 'FromRepositories' && !lacking.has('spec.project.filter');
  if (!isWanted || filterPattern(rewrite.repositories?.include) !== undefined) return [];
  return [
    `spec.project.filter (as one pattern, rewrite.repositories.include is longer than the ${FILTER_LENGTH} characters that Harbor keeps, so ` +
      'the project has no filter: write fewer or shorter globs)',
  ];
}

/** A filter that somebody set by hand, on a project that this mirror doesn't filter by itself. */
function narrowFilter({ spec }: RegistryMirror, project: Project, hold: HarborPlan['hold']): string | undefined {
  const isManaged = spec.project.filter !== undefined && hold !== 'used';
  if (isManaged) return undefined;
  const { proxy_cache_filter_pattern: pattern = '', proxy_cache_filter_kind: kind } = project.metadata;
  const comparison = compareFilter(pattern, kind, spec.rewrite.repositories?.include);
  const wayOut =
    hold === 'used'
      ? 'Narrow spec.rewrite.repositories.include to what it lets through, or have the filter changed in Harbor.'
      : 'Set spec.project.filter to FromRepositories or None, or narrow spec.rewrite.repositories.include to what it lets through.';
  const filter = `Project ${project.name} has the filter ${pattern} in Harbor, which answers 404 for all other repositories`;
  switch (comparison.kind) {
    case 'letsAllThrough':
      return undefined;
    case 'narrower':
      return `${filter}; this mirror sends Pods there for more, as for ${comparison.example}. ${wayOut}`;
    case 'unknown':
      return `${filter}; it can't be told whether that is all that this mirror sends Pods there for. ${wayOut}`;
  }
}
