import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Project } from '../../harbor/types.js';
import { usesPullSecrets } from '../../pull-secrets/usage.js';
import type { Action } from './actions.js';
import type { Precondition } from './preconditions.js';

/** What must hold before a public project of a mirror's is made private. */
export interface Privacy {
  readonly requires: readonly Precondition[];
  /** The first of these that doesn't hold now. */
  readonly waitsFor?: Precondition;
}

/**
 * New Pods that are sent to a private project need its pull Secret: it must be in their namespaces, and the policy must give it to them. Undefined
 * where Pods get none.
 *
 * @param holds - undefined: that isn't known, and nothing is held back
 */
export function privacyOf(
  mirror: RegistryMirror,
  pullPrefix: string,
  holds: ((precondition: Precondition) => boolean) | undefined,
): Privacy | undefined {
  if (!usesPullSecrets(mirror)) return undefined;
  const requires: readonly Precondition[] = [
    { kind: 'secretsSpread', pullPrefix },
    { kind: 'policyInjects', pullPrefix },
  ];
  const waitsFor = holds && requires.find((precondition) => !holds(precondition));
  return { requires, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

/** A project's updates, with the one that makes it private apart and last, or held back. Pure. */
export function privateLast(
  actions: readonly Action[],
  project: Project,
  privacy: Privacy | undefined,
): { readonly actions: readonly Action[]; readonly waitsFor?: Precondition } {
  const update = actions.find(({ kind }) => kind === 'UpdateProject');
  if (privacy === undefined || update?.kind !== 'UpdateProject') return { actions };
  if (project.metadata.public === 'false' || update.metadata.public !== 'false') return { actions };
  const { waitsFor, requires } = privacy;
  const metadata = Object.fromEntries(Object.entries(update.metadata).filter(([key]) => key !== 'public'));
  const others = actions.flatMap((action): readonly Action[] => {
    if (action !== update) return [action];
    return Object.keys(metadata).length === 0 ? [] : [{ ...update, metadata }];
  });
  if (waitsFor !== undefined) return { actions: others, waitsFor };
  return { actions: [...others, { ...update, metadata: { public: 'false' }, requires }] };
}
