import { MUTATING_ADMISSION_POLICY } from './cel/mutating-admission-policy.js';
import { MUTATING_POLICY } from './cel/mutating-policy.js';
import { CLUSTER_POLICY } from './cluster-policy/cluster-policy.js';
import type { Engine } from './engine.js';
import type { PolicyEngine } from './settings.js';

/** The engines. A new one is a file of its own and a line here. */
export const ENGINES: Readonly<Record<PolicyEngine, Engine>> = {
  ClusterPolicy: CLUSTER_POLICY,
  MutatingPolicy: MUTATING_POLICY,
  MutatingAdmissionPolicy: MUTATING_ADMISSION_POLICY,
};

export const ENGINE_KINDS: readonly PolicyEngine[] = Object.values(ENGINES).map(({ kind }) => kind);

/** A table of one's own, with a value for each engine. */
export function byEngine<T>(value: (kind: PolicyEngine) => T): Readonly<Record<PolicyEngine, T>> {
  return Object.fromEntries(ENGINE_KINDS.map((kind) => [kind, value(kind)])) as Record<PolicyEngine, T>;
}
