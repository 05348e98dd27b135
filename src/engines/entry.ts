import { upstreamHosts } from '../api/spec/upstream-types.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { compare, type MirrorRule } from '../image/rules.js';

/** One mirror's share of a policy: all that the policy needs to know of it. JSON-serialisable: it is kept in the policy's annotation. */
export type MirrorEntry = MirrorRule;

/**
 * What a mirror adds to its policy.
 *
 * @param pullPrefix `host[:port]/project` that nodes pull from.
 */
export function policyEntry(mirror: RegistryMirror, pullPrefix: string): MirrorEntry {
  const repositories = mirror.spec.rewrite.repositories;
  return {
    mirror: mirror.metadata.name,
    hosts: sorted(upstreamHosts(mirror.spec)),
    pullPrefix,
    include: sorted(repositories?.include ?? []),
    exclude: sorted(repositories?.exclude ?? []),
  };
}

/** The pull host in a pull prefix, with its port. */
export function pullHostIn(pullPrefix: string): string {
  return pullPrefix.slice(0, pullPrefix.indexOf('/'));
}

/** The project in a pull prefix. */
export function projectIn(pullPrefix: string): string {
  return pullPrefix.slice(pullPrefix.indexOf('/') + 1);
}

/** Order and repetition mean nothing: without them, equal mirrors give byte-equal policies. */
function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compare);
}

const TEXTS = new WeakMap<MirrorEntry, string>();

/** The same text for equal entries, and only for those. */
export function entryText(entry: MirrorEntry): string {
  const known = TEXTS.get(entry);
  if (known !== undefined) return known;
  const { mirror, hosts, pullPrefix, include, exclude } = entry;
  const text = JSON.stringify([mirror, hosts, pullPrefix, include, exclude]);
  TEXTS.set(entry, text);
  return text;
}

/** The pull prefix in such a text. */
export function pullPrefixIn(text: string): string {
  const [, , pullPrefix] = JSON.parse(text) as readonly [string, unknown, string];
  return pullPrefix;
}
