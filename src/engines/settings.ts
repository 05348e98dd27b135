import type { LabelSelector, PolicyStatus, RegistryMirrorSpec } from '../api/registry-mirror.js';
import { compare } from '../image/rules.js';
import { canonicalJson } from './syntax/digest.js';

/** What writes the rewrite into Pods: a policy of Kyverno, or of the API server itself. */
export type PolicyEngine = PolicyStatus['kind'];

/** The settings that mirrors must share to share a policy. */
export interface PolicySettings {
  readonly engine: PolicyEngine;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly podsWithPullSecrets: 'Skip' | 'Rewrite';
  readonly pullSecret: 'None' | 'Inject';
  /** Globs of pull secrets that don't count with `Skip`: sorted, each once. Absent: all count. */
  readonly ignorePullSecrets?: readonly string[];
  /** Whether the policy sees Pods without a mirrored image too. Absent: BestEffort, so that policies of mirrors that say nothing keep their names. */
  readonly injected?: 'Always';
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

/** What a mirror asks for: which engine `Auto` is, the cluster decides. */
export interface WantedSettings extends Omit<PolicySettings, 'engine'> {
  readonly engine: PolicyEngine | 'Auto';
}

/**
 * A mirror's policy settings.
 *
 * @returns undefined for engine None: such a mirror has no policy.
 */
export function policySettings({ rewrite }: Pick<RegistryMirrorSpec, 'rewrite'>): WantedSettings | undefined {
  const { engine, failurePolicy, podsWithPullSecrets, pullSecret } = rewrite;
  if (engine === 'None') return undefined;
  return {
    engine,
    failurePolicy,
    podsWithPullSecrets,
    pullSecret,
    ...ignored(rewrite),
    ...(rewrite.injected === 'Always' ? { injected: 'Always' } : {}),
    ...selector('namespaceSelector', rewrite.namespaceSelector),
    ...selector('podSelector', rewrite.podSelector),
  };
}

function ignored({
  podsWithPullSecrets,
  ignorePullSecrets = [],
}: RegistryMirrorSpec['rewrite']): Pick<PolicySettings, 'ignorePullSecrets'> {
  const globs = [...new Set(ignorePullSecrets)].sort(compare);
  return globs.length === 0 || podsWithPullSecrets === 'Rewrite' ? {} : { ignorePullSecrets: globs };
}

/** An empty selector selects everything, as none does: both share a policy. */
function selector(name: string, value: LabelSelector | undefined): Record<string, LabelSelector> {
  const isEmpty = Object.keys(value?.matchLabels ?? {}).length === 0 && (value?.matchExpressions ?? []).length === 0;
  return value === undefined || isEmpty ? {} : { [name]: value };
}

const TEXTS = new WeakMap<WantedSettings, string>();

/** The same text for equal settings, and only for those. */
export function settingsText(settings: WantedSettings): string {
  const known = TEXTS.get(settings);
  if (known !== undefined) return known;
  const text = canonicalJson(settings);
  TEXTS.set(settings, text);
  return text;
}
