import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PolicyEngine } from '../engines/settings.js';
import type { ApplyOptions, WritablePolicies } from './apply.js';
import type { ReadablePolicies } from './observe/picture.js';
import type { Pace, PolicyState } from './state.js';

/** What all policies are seen to with. */
export interface PoliciesOptions extends ApplyOptions {
  readonly cluster: ReadablePolicies & WritablePolicies;
  readonly mirrors: {
    mirror(name: string): RegistryMirror | undefined;
    mirrors(): readonly RegistryMirror[];
  };
  readonly excludedNamespaces: readonly string[];
  /** The engines that Auto may come to. Default: all. */
  readonly autoEngines?: readonly PolicyEngine[];
  readonly mirrorsPerPolicy?: number | undefined;
  /** ms by a clock that nobody sets. */
  readonly now: () => number;
  /** A sync is due, so soon. */
  readonly onDue: (pace: Pace) => void;
  /** The state of this mirror changed. */
  readonly onStateChange: (mirror: string, state: PolicyState) => void;
}
