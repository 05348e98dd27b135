import { LABELS } from '../api/group.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { matchesGlob } from '../image/glob.js';
import { namespacedName } from '../kubernetes/objects.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { selects } from '../engines/conditions/label-selector.js';
import { contains } from '../kubernetes/contains.js';
import { copyFor } from './pull-secret.js';
import type { PullSecret } from './pull-secret.js';
import type { Secret } from '../credentials/secrets.js';

/** One write of a copy. Never printed whole: it holds a password. */
export type CopyAction =
  | { readonly kind: 'CreateCopy'; readonly copy: Secret }
  | { readonly kind: 'UpdateCopy'; readonly copy: Secret; readonly from: Secret }
  | { readonly kind: 'DeleteCopy'; readonly copy: Secret };

interface CopiesInput {
  readonly mirror: RegistryMirror;
  /** The pull Secrets that Pods may be told to use. */
  readonly wanted: readonly PullSecret[];
  /** All copies of this mirror's that are there. */
  readonly copies: readonly Secret[];
  readonly namespaces: readonly KubernetesObject[];
  /** Names or globs; the operator's own is among them. */
  readonly excludedNamespaces: readonly string[];
}

/** What is to be written so that the copies are where they belong. */
export interface CopiesPlan {
  readonly actions: readonly CopyAction[];
  /** How many copies there are to be. */
  readonly total: number;
}

/** The namespaces whose Pods a mirror rewrites: as the policy's selector and conditions have it. */
function rewrittenNamespaces({
  mirror,
  namespaces,
  excludedNamespaces,
}: Pick<CopiesInput, 'mirror' | 'namespaces' | 'excludedNamespaces'>): readonly string[] {
  const { namespaceSelector } = mirror.spec.rewrite;
  return namespaces
    .filter(({ metadata: { name, labels = {}, deletionTimestamp } }) => {
      if (deletionTimestamp !== undefined || labels[LABELS.rewrite] === 'disabled') return false;
      return !excludedNamespaces.some((glob) => matchesGlob(glob, name)) && selects(namespaceSelector, labels);
    })
    .map(({ metadata }) => metadata.name);
}

/** Compares the copies that are there with those that should be. Pure. */
export function planCopies(input: CopiesInput): CopiesPlan {
  const { mirror, wanted, copies } = input;
  const there = new Map(copies.map((copy) => [namespacedName(copy), copy]));
  const target = rewrittenNamespaces(input).flatMap((namespace) =>
    wanted.map((secret) => copyFor(mirror, secret, namespace)),
  );
  const keys = new Set(target.map(namespacedName));
  const writes = target.flatMap((copy): readonly CopyAction[] => {
    const from = there.get(namespacedName(copy));
    if (from === undefined) return [{ kind: 'CreateCopy', copy }];
    return contains(from, copy) ? [] : [{ kind: 'UpdateCopy', copy, from }];
  });
  const rest = copies.filter((copy) => !keys.has(namespacedName(copy)));
  const deletions = rest.map((copy): CopyAction => ({ kind: 'DeleteCopy', copy }));
  return { actions: [...writes, ...deletions], total: target.length };
}

/** The write in a person's words. */
export function describeCopy({ kind, copy }: CopyAction): string {
  const verbs = { CreateCopy: 'create', UpdateCopy: 'update', DeleteCopy: 'delete' } as const;
  return `${verbs[kind]} pull Secret ${namespacedName(copy)}`;
}
