import type { PolicyEngine, PolicySettings, WantedSettings } from './settings.js';

/** Whether a cluster has an engine's API, as far as that is known. */
export type Served = 'served' | 'missing' | 'unknown';

/** The engine that `Auto` comes to for a mirror, and why. */
export interface EngineChoice {
  readonly engine: PolicyEngine;
  /** A part of a sentence. */
  readonly because: string;
}

interface AutoInput {
  readonly settings: Pick<WantedSettings, 'injected'>;
  /** The engine of the policy that the mirror is in; undefined where it is in none. */
  readonly current: PolicyEngine | undefined;
  /** The engines that the operator may write policies of. */
  readonly engines: readonly PolicyEngine[];
  readonly served: Readonly<Record<PolicyEngine, Served>>;
}

/** The best first: without a webhook, then with one, then what Kyverno is to remove. */
const BEST_FIRST: readonly PolicyEngine[] = ['MutatingAdmissionPolicy', 'MutatingPolicy', 'ClusterPolicy'];
/** Kyverno asks a MutatingPolicy once, and so not about what a later webhook adds. */
const BEST_FOR_INJECTED: readonly PolicyEngine[] = ['MutatingAdmissionPolicy', 'ClusterPolicy', 'MutatingPolicy'];

/**
 * What `Auto` comes to. A mirror leaves the engine that it has only where that is gone, doesn't do what the mirror needs, or is ClusterPolicy: when Kyverno removes that,
 * all ClusterPolicies go with it at once. What isn't known is no reason to leave. Pure.
 */
export function chooseEngine({ settings, current, engines, served }: AutoInput): EngineChoice {
  const order = settings.injected === 'Always' ? BEST_FOR_INJECTED : BEST_FIRST;
  const candidates = order.filter((engine) => engines.includes(engine));
  const isThere = current !== undefined && candidates.includes(current) && served[current] !== 'missing';
  const best = candidates.find((engine) => served[engine] === 'served');
  const stays = isThere && (served[current] === 'unknown' || !isToBeLeft(current, settings));
  if (stays && current !== best) return { engine: current, because: STAYS };
  if (best !== undefined) return { engine: best, because: reason(best, candidates) };
  const possible = candidates.find((engine) => served[engine] === 'unknown') ?? candidates.at(-1);
  return { engine: possible ?? 'ClusterPolicy', because: 'no engine is known to be there' };
}

/** Why a mirror stays with an engine that isn't the best one. */
export const STAYS = 'the mirror has it already';

function isToBeLeft(engine: PolicyEngine, { injected }: AutoInput['settings']): boolean {
  return engine === 'ClusterPolicy' || (engine === 'MutatingPolicy' && injected === 'Always');
}

function reason(engine: PolicyEngine, candidates: readonly PolicyEngine[]): string {
  const better = candidates.slice(0, candidates.indexOf(engine));
  if (better.length > 0) return `this cluster has no ${better.join(' and no ')}`;
  return engine === 'MutatingAdmissionPolicy'
    ? 'the API server has it itself and needs no Kyverno for it'
    : 'it is the best of those that the operator may write';
}

/** Whether the mirror names its engine. */
export function namesEngine(settings: WantedSettings): settings is PolicySettings {
  return settings.engine !== 'Auto';
}

const SETTLED = new WeakMap<WantedSettings, Map<PolicyEngine, PolicySettings>>();

/** The settings with this engine in the place of `Auto`: the same object for the same settings, which are compared often. */
export function withEngine(settings: WantedSettings, engine: PolicyEngine): PolicySettings {
  if (namesEngine(settings) && settings.engine === engine) return settings;
  const known = SETTLED.get(settings) ?? new Map<PolicyEngine, PolicySettings>();
  SETTLED.set(settings, known);
  const settled = known.get(engine) ?? { ...settings, engine };
  known.set(engine, settled);
  return settled;
}
