import type { PolicyEngine } from '../../../src/engines/settings.js';
import type { World } from '../../support/world.js';
import type { Fleet } from './fleet.js';
import type { Figures } from './meter.js';
import type { ScaleOptions } from './options.js';

/** One fleet on its way through the phases. */
export interface Run {
  readonly world: World;
  readonly fleet: Fleet;
  readonly engine: PolicyEngine;
  readonly count: number;
  readonly options: ScaleOptions;
}

/** What one phase of a run came to. */
export interface PhaseResult {
  readonly phase: string;
  readonly figures: Figures;
  /** Of this phase alone, in seconds. */
  readonly times?: Readonly<Record<string, number>>;
}

export const PREFIX = 'mirror';
