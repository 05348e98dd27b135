import type { RegistryMirrorSpec, HarborStatus } from '../../api/registry-mirror.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Endpoint, Project, Retention } from '../../harbor/types.js';
import type { Action } from './actions.js';
import type { Desired } from '../desired/desired.js';
import type { Narrowing } from './narrowing.js';
import type { Precondition } from './preconditions.js';
import type { Privacy } from './privacy.js';
import type { Identity } from './ownership.js';
import type { Verdict } from '../../api/verdict.js';

/** What Harbor holds, as far as planning needs it: no lists of everything, since each look at each mirror would go through them. */
export type HarborView = Omit<InventoryView, 'readAt' | 'endpoints' | 'projects' | 'projectById' | 'unreadable'>;

export interface PlanInput {
  readonly desired: Desired;
  readonly identity: Identity;
  readonly adoptionPolicy: RegistryMirrorSpec['adoptionPolicy'];
  /** What the status says was there. */
  readonly known: HarborStatus | undefined;
  readonly view: HarborView;
  /** What must hold before a public project is made private; undefined: nothing. */
  readonly privacy?: Privacy;
  /** What must hold before the project's filter lets less through; undefined: nothing. */
  readonly narrowing?: Narrowing;
  /** The project's retention policy; undefined: not managed, or not read. */
  readonly retention?: Retention | 'none';
  /** Fields of the spec that this Harbor lacks. */
  readonly unsupported?: ReadonlySet<string>;
}

/** What has to be written to Harbor, and how the mirror stands once that is done. */
export interface HarborPlan {
  readonly actions: readonly Action[];
  readonly verdict: Verdict;
  readonly endpoint?: Endpoint;
  readonly project?: Project;
  /** How the mirror holds its endpoint and project; undefined while it has none. */
  readonly hold?: 'created' | 'adopted' | 'used';
  /** The project stays public, or its filter as it was, until this holds. */
  readonly waitsFor?: Precondition;
  /** Something of an earlier project of the mirror's can go in so many ms. */
  readonly retireInMs?: number;
}
