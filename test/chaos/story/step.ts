import type { Fault } from '../../harbor/index.js';
import type { LooseSpec } from '../../support/world.js';
import type { HarborName } from './fleet.js';

/** Something that happens in a chaos run. Data: a run is a list of them, the same for the same seed. */
export type Step =
  | { readonly kind: 'CreateMirror'; readonly mirror: string }
  | { readonly kind: 'DeleteMirror'; readonly mirror: string }
  | { readonly kind: 'EditMirror'; readonly mirror: string; readonly patch: LooseSpec }
  /** Its `spec.harbor` is another one from then on. */
  | { readonly kind: 'MoveMirror'; readonly mirror: string; readonly to: HarborName }
  | { readonly kind: 'AskForALook'; readonly mirror: string }
  /** The Secret gets another password; the upstream asks for it from then on, before or after. */
  | {
      readonly kind: 'RotateSecret';
      readonly mirror: string;
      readonly password: string;
      readonly upstreamFirst: boolean;
    }
  /** The second Harbor's robot gets another password, and the operator is told after a while. */
  | { readonly kind: 'RotateHarborLogin'; readonly password: string; readonly ms: number }
  | { readonly kind: 'DeleteSecret'; readonly mirror: string }
  | {
      readonly kind: 'EditEndpointByHand';
      readonly mirror: string;
      readonly what: 'url' | 'insecure' | 'text' | 'mark';
    }
  | { readonly kind: 'EditProjectByHand'; readonly mirror: string }
  | { readonly kind: 'DeleteProjectByHand'; readonly mirror: string; readonly andEndpoint: boolean }
  | {
      readonly kind: 'EditPolicyByHand';
      readonly number: number;
      readonly what: 'label' | 'mirrors' | 'spec' | 'conditions';
    }
  | { readonly kind: 'DeletePolicyByHand'; readonly number: number }
  | { readonly kind: 'ChangePullSecretByHand'; readonly number: number; readonly what: 'delete' | 'empty' }
  | {
      readonly kind: 'HarborFails';
      readonly harbor: HarborName;
      readonly fault: Fault;
      readonly method: string;
      readonly times: number;
    }
  | { readonly kind: 'HarborGoesAway'; readonly harbor: HarborName; readonly ms: number }
  | { readonly kind: 'ApiServerFails'; readonly how: ApiServerFault; readonly times: number }
  | { readonly kind: 'WatchesDrop' }
  | { readonly kind: 'ApiServerRestarts'; readonly forgets: boolean }
  | { readonly kind: 'UpstreamFails'; readonly mirror: string; readonly state: 'down' | 'hanging'; readonly ms: number }
  /** Harbor sees that it is down, and so does the mirror: for so long that its Pods leave the cache. */
  | { readonly kind: 'UpstreamStaysAway'; readonly mirror: string; readonly ms: number }
  | { readonly kind: 'KyvernoGoesAway'; readonly ms: number }
  | {
      readonly kind: 'OperatorEnds';
      readonly which: 'leader' | 'standby';
      readonly signal: 'SIGKILL' | 'SIGTERM';
    }
  | { readonly kind: 'LeaderFreezes'; readonly ms: number };

export type ApiServerFault = 'refuses writes' | 'loses answers' | 'is slow';

export type StepKind = Step['kind'];

export interface TimedStep {
  /** Since the run's begin. */
  readonly atMs: number;
  readonly step: Step;
}

/** One line: when, what, and with what. */
export function describeStep({ atMs, step }: TimedStep): string {
  const { kind, ...details } = step;
  return `${(atMs / 1000).toFixed(1).padStart(6)} s  ${kind} ${JSON.stringify(details)}`;
}
