import { ANNOTATIONS, LABELS, OPERATOR } from '../api/group.js';
import type { Labels, OwnerReference } from '../api/object-meta.js';
import type { MirrorEntry } from './entry.js';
import type { Explanation } from './explanation.js';
import type { PolicyEngine, PolicySettings } from './settings.js';

/** Raised with every change of what a policy looks like, so that a new operator version updates what an old one wrote. */
export const FORM_VERSION = '15';

/** A policy as its engine makes it. */
export interface EnginePolicy {
  readonly kind: PolicyEngine;
  readonly name: string;
  /**
   * Short hash of the name and of all that the policy decides by. It stands in the name of a match condition, where its effect can be seen; a
   * mirror that moves has the same in two policies.
   */
  readonly contentHash: string;
  readonly object: PolicyObject;
  /** What puts a MutatingAdmissionPolicy in force; the other kinds need none. */
  readonly binding?: PolicyObject;
  readonly entries: readonly MirrorEntry[];
  /** Paragraphs on its parts, in the order in which they stand in it. */
  readonly explanations: readonly Explanation[];
}

/** A policy as it should be in the cluster. */
export interface RenderedPolicy extends EnginePolicy {
  readonly settings: PolicySettings;
}

/** A Kubernetes object, ready to be written. */
export interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: PolicyMetadata;
  readonly spec: object;
}

interface PolicyMetadata {
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/**
 * What all kinds of policies have in common.
 *
 * @param failure - what happens while the engine does not answer: who finds the policy in an outage has nothing else at hand
 */
export function policyMetadata(
  name: string,
  { why: failure }: Explanation,
  annotations: Readonly<Record<string, string>> = {},
): PolicyMetadata {
  return {
    name,
    labels: { [LABELS.managedBy]: OPERATOR },
    annotations: {
      'policies.kyverno.io/title': 'Pull images through Harbor',
      'policies.kyverno.io/category': 'Registry mirrors',
      'policies.kyverno.io/subject': 'Pod',
      'policies.kyverno.io/description':
        'Sends the images of new Pods to the proxy-cache projects of the RegistryMirrors\n' +
        `in the annotation ${ANNOTATIONS.mirrors}. Written by ${OPERATOR}:\n` +
        `edits are undone, change the RegistryMirrors instead.\n${failure}`,
      [ANNOTATIONS.formVersion]: FORM_VERSION,
      ...annotations,
    },
  };
}
