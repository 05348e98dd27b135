import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { ServedState } from '../../policies/state.js';
import { FILTER_KEYS, managedSettings } from '../desired/project-settings.js';
import type { Metadata } from '../desired/project-settings.js';
import type { Action } from './actions.js';
import type { Precondition } from './preconditions.js';

/** What must hold before the filter of a mirror's project lets less through. */
export interface Narrowing {
  readonly requires: readonly Precondition[];
  /** What doesn't hold now, and the filter until it does; `meanwhile` undefined: the one that is there. */
  readonly held?: { readonly waitsFor: Precondition; readonly meanwhile: Metadata | undefined };
}

/**
 * Pods must not be sent for what Harbor doesn't let through any more: the policy lets go first, then the filter. Undefined where the mirror has no
 * filter of its own written.
 *
 * @param served - what Pods are sent for now
 * @param holds - undefined: that isn't known, and nothing is held back
 */
export function narrowingOf(
  { spec }: Pick<RegistryMirror, 'spec'>,
  pullPrefix: string,
  served: ServedState | undefined,
  holds: ((precondition: Precondition) => boolean) | undefined,
): Narrowing | undefined {
  const include = spec.rewrite.repositories?.include ?? [];
  if (spec.project.filter !== 'FromRepositories' || include.length === 0) return undefined;
  const precondition: Precondition = { kind: 'policySendsOnly', pullPrefix, include };
  const requires = [precondition];
  if (holds?.(precondition) !== false) return { requires };
  const sent = served?.kind === 'served' ? served.entry.include : [];
  // Where all that is wanted is let through already, nothing has to be opened first.
  const isOpen = sent.length === 0 || isWithin(include, sent);
  const both = { ...spec.rewrite, repositories: { include: [...new Set([...sent, ...include])] } };
  const meanwhile = isOpen ? undefined : filterIn(managedSettings({ project: spec.project, rewrite: both }));
  return { requires, held: { waitsFor: precondition, meanwhile } };
}

/** Whether some globs are among others, none: all. By what is written: globs are not compared by what they match. */
export function isWithin(some: readonly string[], others: readonly string[]): boolean {
  return others.length === 0 || (some.length > 0 && some.every((glob) => others.includes(glob)));
}

/** A project's updates, with the one of its filter apart and last, or held back. Pure. */
export function filterLast(
  actions: readonly Action[],
  there: Metadata,
  narrowing: Narrowing | undefined,
): { readonly actions: readonly Action[]; readonly waitsFor?: Precondition } {
  const update = actions.find(({ kind }) => kind === 'UpdateProject');
  if (narrowing === undefined || update?.kind !== 'UpdateProject') return { actions };
  const filter = filterIn(update.metadata);
  if (Object.keys(filter).length === 0) return { actions };
  const { requires, held } = narrowing;
  const others = Object.entries(update.metadata).filter(([key]) => !FILTER_KEYS.includes(key));
  const rest = actions.flatMap((action): readonly Action[] => {
    if (action !== update) return [action];
    return others.length === 0 ? [] : [{ ...update, metadata: Object.fromEntries(others) }];
  });
  if (held === undefined) return { actions: [...rest, { ...update, metadata: filter, requires }] };
  const { waitsFor, meanwhile = {} } = held;
  const isAsItIs = Object.entries(meanwhile).every(([key, value]) => there[key] === value);
  return { actions: isAsItIs ? rest : [...rest, { ...update, metadata: meanwhile }], waitsFor };
}

function filterIn(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => FILTER_KEYS.includes(key)));
}
