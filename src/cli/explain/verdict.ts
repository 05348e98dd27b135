import type { PodImage } from './pod.js';
import type { Reason } from './pod-rules.js';

/** What became of an image, or would. */
export type Verdict =
  | ({ readonly outcome: 'Rewritten'; readonly original: string; readonly mirror?: string } & PassedOver)
  /** It names the mirror, and nothing tells whether it always did. */
  | { readonly outcome: 'ThroughMirror'; readonly mirror: string }
  | ({ readonly outcome: 'WouldBeRewritten'; readonly rewritten: string; readonly mirror: string } & PassedOver)
  | { readonly outcome: 'Unchanged'; readonly mirror?: string; readonly reason: Reason };

export interface PassedOver {
  /** Why a mirror that names the image more closely is in no policy. */
  readonly passedOver?: Reason;
}

export type ExplainedImage = PodImage & Verdict;
