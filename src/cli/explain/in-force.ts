import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { policyEntry } from '../../engines/entry.js';
import type { PlacedEntry } from '../../engines/placement/group.js';
import { readEntries, readExcludedNamespaces, readSettings } from '../../engines/metadata/annotations.js';
import { withEngine } from '../../engines/auto.js';
import { policySettings } from '../../engines/settings.js';
import { DEFAULT_EXCLUDED } from '../cluster/excluded-namespaces.js';
import { isActing } from '../cluster/live-policies.js';
import type { PolicyLook } from '../cluster/live-policies.js';
import type { Reason } from './pod-rules.js';

/** A mirror's place in a policy of the cluster. */
export interface ServedEntry extends PlacedEntry {
  /** Kind and name. */
  readonly policy: string;
  readonly isActing: boolean;
  readonly excludedNamespaces: readonly string[];
}

/** Which mirrors the policies in the cluster serve, by name. Without a look at the policies, the mirrors' status tells. */
export function servedEntries(
  mirrors: readonly RegistryMirror[],
  look: Pick<PolicyLook, 'policies' | 'webhooks'> | undefined,
): ReadonlyMap<string, ServedEntry> {
  if (look === undefined) return new Map(mirrors.flatMap(byStatus));
  const entries = look.policies.flatMap((policy) => {
    const settings = readSettings(policy.object);
    if (settings === undefined) return [];
    const served = {
      settings,
      policy: `${policy.kind} ${policy.object.metadata.name}`,
      isActing: isActing(policy, look.webhooks),
      excludedNamespaces: readExcludedNamespaces(policy.object) ?? DEFAULT_EXCLUDED,
    };
    return (readEntries(policy.object) ?? []).map((entry): ServedEntry => ({ entry, ...served }));
  });
  // A mirror that moves is in two policies for a while: the one that acts counts.
  const acting = entries.toSorted((a, b) => Number(a.isActing) - Number(b.isActing));
  return new Map(acting.map((served) => [served.entry.mirror, served]));
}

function byStatus(mirror: RegistryMirror): readonly [string, ServedEntry][] {
  const { status, spec, metadata } = mirror;
  const settings = policySettings(spec);
  if (settings === undefined || status.policy === undefined || status.pullPrefix === undefined) return [];
  const served: ServedEntry = {
    entry: policyEntry(mirror, status.pullPrefix),
    settings: withEngine(settings, status.policy.kind),
    policy: `${status.policy.kind} ${status.policy.name}`,
    isActing: findCondition(status.conditions, 'PolicyReady')?.status === 'True',
    excludedNamespaces: DEFAULT_EXCLUDED,
  };
  return [[metadata.name, served]];
}

/** Why a mirror is in no policy that is in force. */
export function notServedReason({ metadata, spec, status }: RegistryMirror): Reason {
  const { name } = metadata;
  const ready = findCondition(status.conditions, 'Ready');
  if (metadata.deletionTimestamp !== undefined)
    return { code: 'MirrorDeleted', text: `mirror ${name} is being deleted` };
  if (spec.rewrite.engine === 'None') return { code: 'EngineNone', text: `rewrite.engine of mirror ${name} is None` };
  const message = (ready?.message ?? 'the operator has not looked at it yet').replace(/\.$/, '');
  switch (ready?.reason) {
    case REASONS.hostConflict:
      return { code: 'HostConflict', text: `mirror ${name} lost its host to another: ${message}` };
    case REASONS.upstreamUnhealthy:
      if (findCondition(status.conditions, 'PolicyReady')?.reason === REASONS.withdrawn) {
        return { code: 'PolicyWithdrawn', text: `mirror ${name} is withdrawn: ${message}` };
      }
      return { code: 'NotInForce', text: `mirror ${name} is in no policy (${ready.reason}): ${message}` };
    case REASONS.harborUnreachable:
      return { code: 'PolicyWithdrawn', text: `mirror ${name} is withdrawn while Harbor is down: ${message}` };
    default:
      return {
        code: 'NotInForce',
        text: `mirror ${name} is in no policy (${ready?.reason ?? 'NotChecked'}): ${message}`,
      };
  }
}
