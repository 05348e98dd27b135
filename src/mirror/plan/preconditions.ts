/**
 * What must hold when an action is carried out, and not only when it was planned: the order between Harbor and the policies is data of the plan.
 */
export type Precondition =
  /** No policy that may be in force sends Pods to this place for the mirror. */
  | { readonly kind: 'policyWithout'; readonly pullPrefix: string }
  /** No policy that may be in force has the mirror at all. */
  | { readonly kind: 'inNoPolicy' }
  /** No policy that may be in force sends Pods to this project of a Harbor for another mirror of this cluster, which only uses it. */
  | { readonly kind: 'usedByNoOther'; readonly harborUrl: string; readonly project: string }
  /** The mirror's policy is in force and sends new Pods to this place, and no other one, or what it had before, may send them anywhere else. */
  | { readonly kind: 'policiesSendOnlyTo'; readonly pullPrefix: string }
  /** Every policy that has the mirror sends new Pods to this place and gives them the pull Secret for it, and all that is in force. */
  | { readonly kind: 'policyInjects'; readonly pullPrefix: string }
  /** No policy that may be in force sends Pods to this place for repositories that these globs don't include. */
  | { readonly kind: 'policySendsOnly'; readonly pullPrefix: string; readonly include: readonly string[] }
  /** The pull Secret of this place is wherever Pods are rewritten. */
  | { readonly kind: 'secretsSpread'; readonly pullPrefix: string };

/** What is waited for, for a person. */
export function describePrecondition(precondition: Precondition): string {
  switch (precondition.kind) {
    case 'policyWithout':
      return `no policy in force sends Pods to ${precondition.pullPrefix}`;
    case 'inNoPolicy':
      return 'no policy in force names this mirror';
    case 'usedByNoOther':
      return `no other mirror sends Pods to project ${precondition.project}`;
    case 'policiesSendOnlyTo':
      return `all policies in force send the mirror's Pods to ${precondition.pullPrefix}`;
    case 'policyInjects':
      return `the policy that gives Pods the pull Secret for ${precondition.pullPrefix} is in force`;
    case 'policySendsOnly':
      return `no policy in force sends Pods to ${precondition.pullPrefix} for other repositories than ${precondition.include.join(', ')}`;
    case 'secretsSpread':
      return `the pull Secret for ${precondition.pullPrefix} is in all namespaces where Pods are rewritten`;
  }
}
