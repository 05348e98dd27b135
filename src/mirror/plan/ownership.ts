import { parseMark } from '../../harbor/mark.js';
import type { Mark } from '../../harbor/mark.js';
import type { Endpoint } from '../../harbor/types.js';

/** Who this operator and this mirror are in the mark. The object's uid is no part of it: a mirror deleted and applied again is the same. */
export interface Identity {
  readonly clusterId: string;
  readonly mirror: string;
}

/** Whose endpoint this is, by the mark in its description. */
export type Ownership =
  | { readonly kind: 'ours'; readonly mark: Mark; readonly userText: string }
  /** Marked by another mirror, or by the operator of another cluster. */
  | { readonly kind: 'others'; readonly mark: Mark }
  | { readonly kind: 'unmarked' };

export function ownership(endpoint: Endpoint, identity: Identity): Ownership {
  const { mark, userText } = parseMark(endpoint.description);
  if (mark === undefined) return { kind: 'unmarked' };
  if (mark.cluster === identity.clusterId && mark.mirror === identity.mirror) return { kind: 'ours', mark, userText };
  return { kind: 'others', mark };
}

/** The owner in a person's words. */
export function describeOwner(mark: Mark, identity: Identity): string {
  return mark.cluster === identity.clusterId
    ? `RegistryMirror ${mark.mirror} of this cluster`
    : `RegistryMirror ${mark.mirror} of the cluster ${mark.cluster}`;
}
