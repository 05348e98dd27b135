import type { WebhookContent } from '../engines/webhooks.js';
import type { Memory, PolicyMemory } from './memory.js';
import type { Picture } from './observe/picture.js';

const BY_MIRROR = new WeakMap<Memory['policies'], ReadonlyMap<string, readonly PolicyMemory[]>>();

/** The policies that are remembered to have the mirror, to have had it, or to have been written without it. Worked out once for all mirrors. */
export function rememberedWith(mirror: string, { policies }: Memory): readonly PolicyMemory[] {
  const known = BY_MIRROR.get(policies) ?? indexOf(policies);
  BY_MIRROR.set(policies, known);
  return known.get(mirror) ?? [];
}

function indexOf(policies: Memory['policies']): ReadonlyMap<string, readonly PolicyMemory[]> {
  const byMirror = new Map<string, PolicyMemory[]>();
  for (const policy of policies.values()) {
    for (const mirror of mirrorsIn(policy)) {
      const there = byMirror.get(mirror);
      if (there === undefined) byMirror.set(mirror, [policy]);
      else there.push(policy);
    }
  }
  return byMirror;
}

/** All mirrors that a policy is remembered with. */
export function mirrorsIn({ forms, changes }: PolicyMemory): ReadonlySet<string> {
  const mirrors = new Set(changes.keys());
  for (const form of forms.values()) for (const mirror of form.keys()) mirrors.add(mirror);
  return mirrors;
}

const STRANGE = new WeakMap<
  Picture,
  { readonly of: Memory['policies']; readonly contents: readonly WebhookContent[] }
>();

/** What webhooks send Pods to Kyverno for, and nobody knows any more: from before a restart. */
export function strangeContents(picture: Picture, { policies }: Memory): readonly WebhookContent[] {
  const before = STRANGE.get(picture);
  if (before?.of === policies) return before.contents;
  const known = new Set<string>();
  for (const { forms } of policies.values()) for (const hash of forms.keys()) known.add(hash);
  for (const { contentHash } of picture.policies.values()) if (contentHash !== undefined) known.add(contentHash);
  const contents = picture.webhooks.filter(({ contentHash }) => !known.has(contentHash));
  STRANGE.set(picture, { of: policies, contents });
  return contents;
}
