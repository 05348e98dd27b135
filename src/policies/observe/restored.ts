import type { RegistryMirror } from '../../api/registry-mirror.js';
import { withEngine } from '../../engines/auto.js';
import { entryText, policyEntry } from '../../engines/entry.js';
import type { MirrorEntry } from '../../engines/entry.js';
import { policySettings } from '../../engines/settings.js';
import type { PolicyEngine, PolicySettings } from '../../engines/settings.js';
import { keyOfPolicy } from './live.js';
import type { FoundPolicy } from './live.js';

/** What a policy has lost of its annotations. */
interface Restored {
  readonly entries: readonly MirrorEntry[];
  readonly settings: PolicySettings | undefined;
}

/**
 * The policies with what somebody's edit took out of their annotations, as far as the mirrors' statuses and specs say it: a mirror that says that it is in
 * this policy, and whose pull prefix the policy still sends Pods to, is in it. So nobody loses a mirror that waits, after a restart of the operator. Pure.
 */
export function withRestored(
  found: readonly FoundPolicy[],
  mirrors: readonly RegistryMirror[],
): readonly FoundPolicy[] {
  const policies = new Map(found.map((policy) => [policy.key, policy]));
  const lost = mirrors.filter(({ metadata, status }) => {
    const policy = status.policy && policies.get(keyOfPolicy(status.policy));
    return policy !== undefined && (policy.settings === undefined || !policy.entries.has(metadata.name));
  });
  if (lost.length === 0) return found;
  const byPolicy = Map.groupBy(lost, ({ status: { policy } }) => policy && keyOfPolicy(policy));
  return found.map((policy) => restore(policy, byPolicy.get(policy.key) ?? []));
}

function restore(policy: FoundPolicy, mirrors: readonly RegistryMirror[]): FoundPolicy {
  const { entries, settings } = lostBy(policy, mirrors);
  if (entries.length === 0 && settings === policy.settings) return policy;
  const prefixes = new Set(entries.map(({ pullPrefix }) => pullPrefix));
  return {
    ...policy,
    settings,
    entries: new Map([...policy.entries, ...entries.map((entry) => [entry.mirror, entry] as const)]),
    form: new Map([...policy.form, ...entries.map((entry) => [entry.mirror, entryText(entry)] as const)]),
    unlisted: new Set([...policy.unlisted].filter((prefix) => !prefixes.has(prefix))),
  };
}

function lostBy({ kind, entries, settings, unlisted }: FoundPolicy, mirrors: readonly RegistryMirror[]): Restored {
  const lost = mirrors.flatMap((mirror) => {
    const { pullPrefix } = mirror.status;
    const isThere = pullPrefix !== undefined && unlisted.has(pullPrefix);
    return isThere && !entries.has(mirror.metadata.name) ? [policyEntry(mirror, pullPrefix)] : [];
  });
  return { entries: lost, settings: settings ?? settingsOf(kind, mirrors) };
}

/** All mirrors of a policy have the same; one whose spec was edited since may have others. */
function settingsOf(kind: PolicyEngine, mirrors: readonly RegistryMirror[]): PolicySettings | undefined {
  const settled = mirrors.find(({ metadata, status }) => status.observedGeneration === metadata.generation);
  const settings = settled && policySettings(settled.spec);
  return settings && withEngine(settings, kind);
}
