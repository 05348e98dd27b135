import { GROUP } from '../../api/group.js';
import { Turn } from '../../clock/turn.js';
import { entryText, type MirrorEntry } from '../../engines/entry.js';
import { contentHashIn } from '../../engines/in-force.js';
import { ownersOf } from '../../api/owners.js';
import type { PolicyObject, RenderedPolicy } from '../../engines/policy.js';
import { readEntries, readSettings } from '../../engines/metadata/annotations.js';
import type { PolicyEngine, PolicySettings } from '../../engines/settings.js';
import { contains } from '../../kubernetes/contains.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';

/** A policy of ours as it is in the cluster. */
export interface LivePolicy {
  readonly kind: PolicyEngine;
  readonly object: KubernetesObject;
  /** The binding that puts it in force, where the kind has one. */
  readonly binding?: KubernetesObject;
  /**
   * Who else has written into the spec of either; left out where nobody has. What they add shows in no comparison with what is wanted, and may switch the
   * policy off.
   */
  readonly editors?: readonly string[];
}

export type PolicyId = Pick<RenderedPolicy, 'kind' | 'name'>;

/** What a policy has for each of its mirrors, as texts that can be compared. */
export type Form = ReadonlyMap<string, string>;

/** A policy of ours in the cluster, read. */
export interface FoundPolicy extends PolicyId {
  /** Kind and name. */
  readonly key: string;
  readonly live: LivePolicy;
  /** Undefined where someone's edit made it unreadable. */
  readonly settings: PolicySettings | undefined;
  readonly entries: ReadonlyMap<string, MirrorEntry>;
  readonly form: Form;
  readonly contentHash: string | undefined;
  /** The pull prefixes in the policy itself that are of no mirror which it lists: somebody has edited the list. None in a policy as the operator writes it. */
  readonly unlisted: ReadonlySet<string>;
}

type Content = Omit<FoundPolicy, 'live' | 'kind' | 'name' | 'key'>;

const FOUND = new WeakMap<KubernetesObject, FoundPolicy>();

/** Reads a policy; once for each of its versions: the same object says that nothing of it has changed. */
export function readPolicy(live: LivePolicy): FoundPolicy {
  const { kind, object, binding } = live;
  const known = FOUND.get(object);
  if (known?.kind === kind && known.live.binding === binding) return known;
  const { name } = object.metadata;
  const found = { ...(known ?? readContent(live)), kind, name, key: keyOfPolicy({ kind, name }), live };
  FOUND.set(object, found);
  return found;
}

/** Reads each of these policies, which is kept with it; others have their turn in between. */
export async function readAll(policies: readonly LivePolicy[], turn = new Turn()): Promise<void> {
  for (const live of policies) {
    await turn.breathe();
    readPolicy(live);
  }
}

function readContent({ kind, object }: LivePolicy): Content {
  const entries = readEntries(object) ?? [];
  const settings = readSettings(object);
  return {
    settings,
    entries: new Map(entries.map((entry) => [entry.mirror, entry])),
    form: formOf(entries),
    contentHash: contentHashIn(kind, object),
    unlisted: unlistedPrefixes(object, entries, settings),
  };
}

/** As a text of its own: each engine's policies have pull prefixes so, and paths, patterns and globs otherwise. */
const PULL_PREFIX = /["']([a-z0-9.-]+(?::[0-9]+)?\/[a-z0-9._-]+)\\*["']/g;
/** What labels, annotations and resources of Kubernetes begin with. */
const NO_HOSTS: ReadonlySet<string> = new Set([GROUP, 'kubernetes.io', 'pods']);
/** As expressions in JMESPath and CEL write characters. */
const ESCAPED = /\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2}))/g;

function unlistedPrefixes(
  object: KubernetesObject,
  entries: readonly MirrorEntry[],
  settings: PolicySettings | undefined,
): ReadonlySet<string> {
  const listed = entries.map(({ pullPrefix }) => pullPrefix);
  // A label that the settings select by looks the same.
  const known = new Set([...listed, ...prefixesIn(settings)]);
  const found = prefixesIn('spec' in object ? object.spec : undefined);
  return new Set(found.filter((prefix) => !known.has(prefix) && !NO_HOSTS.has(prefix.split('/')[0] ?? '')));
}

function prefixesIn(value: unknown): readonly string[] {
  const text = JSON.stringify(value ?? '');
  const plain = text.replace(ESCAPED, (_, u?: string, x?: string) => String.fromCharCode(parseInt(u ?? x ?? '', 16)));
  return [...plain.matchAll(PULL_PREFIX)].flatMap(([, prefix]) => prefix ?? []);
}

export function formOf(entries: readonly MirrorEntry[]): Form {
  return new Map(entries.map((entry) => [entry.mirror, entryText(entry)]));
}

/** Kind and name: what tells one policy from another. */
export function keyOfPolicy({ kind, name }: PolicyId): string {
  return `${kind}/${name}`;
}

/** Whether the policy is deleted already, and finalizers that somebody gave it keep it in the cluster. */
export function isHeld({ live }: Pick<FoundPolicy, 'live'>): boolean {
  return live.object.metadata.deletionTimestamp !== undefined;
}

/** The policy of this kind and name in the cluster. */
export function findLive(live: readonly LivePolicy[], { kind, name }: PolicyId): LivePolicy | undefined {
  return live.find((policy) => policy.kind === kind && policy.object.metadata.name === name);
}

/** Whether the cluster has the policy, and its binding, just as rendered: in whatever version of the API it serves them. */
export function isAsRendered(live: LivePolicy, policy: RenderedPolicy): boolean {
  if (live.editors !== undefined) return false;
  return hasAll(live.object, policy.object) && (policy.binding === undefined || hasAll(live.binding, policy.binding));
}

const COMPARED = new WeakMap<PolicyObject, { readonly live: KubernetesObject; readonly hasAll: boolean }>();

/** Compared once for each pair: both are tens of kilobytes, and most are as they were at the last look. */
function hasAll(live: KubernetesObject | undefined, wanted: PolicyObject): boolean {
  if (live === undefined) return false;
  const known = COMPARED.get(wanted);
  if (known?.live === live) return known.hasAll;
  const { ownerReferences, ...metadata } = wanted.metadata;
  const { kind, spec } = wanted;
  const hasAll = contains(live, { kind, metadata, spec }) && contains(ownersOf(live), ownerReferences);
  COMPARED.set(wanted, { live, hasAll });
  return hasAll;
}
