import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { webhookContents } from '../../engines/webhooks.js';
import type { WebhookContent } from '../../engines/webhooks.js';
import { byEngine, ENGINE_KINDS, ENGINES } from '../../engines/engines.js';
import type { PolicyEngine } from '../../engines/settings.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { keyOfPolicy, readPolicy } from './live.js';
import { withRestored } from './restored.js';
import type { FoundPolicy, LivePolicy, PolicyId } from './live.js';

/** What is known of one kind of policy. Only an API server that says so lacks a kind; what can't be read is unknown. */
export type Knowledge =
  | { readonly kind: 'known' }
  /** The API server has no such kind. */
  | { readonly kind: 'missing' }
  /** Not read yet. */
  | { readonly kind: 'reading' }
  | { readonly kind: 'unreadable'; readonly message: string };

/** What the policies look at of the cluster. */
export interface ReadablePolicies {
  policies(): readonly LivePolicy[];
  knowledge(kind: PolicyEngine): Knowledge;
  webhooks(): readonly V1MutatingWebhookConfiguration[];
}

/** The policies of the cluster, and what shows that they are in force, at one moment. */
export interface Picture {
  /** Of the kinds that are known. */
  readonly policies: ReadonlyMap<string, FoundPolicy>;
  /** A mirror that is moving is in two. */
  readonly byMirror: ReadonlyMap<string, readonly FoundPolicy[]>;
  readonly knowledge: Readonly<Record<PolicyEngine, Knowledge>>;
  /** The engines that Auto may come to. */
  readonly autoEngines: readonly PolicyEngine[];
  /** What Kyverno's webhooks send Pods for. */
  readonly webhooks: readonly WebhookContent[];
  /** The content hashes of `webhooks`. */
  readonly shown: ReadonlySet<string>;
}

interface ObserveOptions {
  readonly mirrors: readonly RegistryMirror[];
  /** The engines that Auto may come to. Default: all. */
  readonly autoEngines?: readonly PolicyEngine[] | undefined;
  /** The picture before this one: what is still so is taken over. */
  readonly before?: Picture | undefined;
}

export function observe(
  cluster: ReadablePolicies,
  { mirrors, autoEngines = ENGINE_KINDS, before }: ObserveOptions,
): Picture {
  const knowledge = byEngine((kind) => cluster.knowledge(kind));
  const readable = cluster.policies().filter(({ kind }) => knowledge[kind].kind === 'known');
  const found = withRestored(readable.map(readPolicy), mirrors);
  const isSame = before !== undefined && sameItems([...before.policies.values()], found);
  // Without Kyverno's APIs there is nobody behind its webhooks who would change a Pod.
  const hasKyverno = ENGINE_KINDS.some((kind) => ENGINES[kind].isKyverno && knowledge[kind].kind !== 'missing');
  const webhooks = hasKyverno ? webhookContents(cluster.webhooks()) : [];
  return {
    policies: isSame ? before.policies : new Map(found.map((policy) => [policy.key, policy])),
    byMirror: isSame ? before.byMirror : listedBy(found),
    knowledge,
    autoEngines,
    webhooks,
    shown: new Set(webhooks.map(({ contentHash }) => contentHash)),
  };
}

/** The policies that list each mirror. */
export function listedBy(found: readonly FoundPolicy[]): Picture['byMirror'] {
  const byMirror = new Map<string, FoundPolicy[]>();
  for (const policy of found) {
    for (const mirror of policy.entries.keys()) {
      const homes = byMirror.get(mirror);
      if (homes === undefined) byMirror.set(mirror, [policy]);
      else homes.push(policy);
    }
  }
  return byMirror;
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

export function findPolicy({ policies }: Picture, policy: PolicyId): FoundPolicy | undefined {
  return policies.get(keyOfPolicy(policy));
}

/** Whether a policy lists the mirror, or may, since somebody's edit made it unreadable. */
export function mayHave({ byMirror, policies }: Picture, mirror: string): boolean {
  return byMirror.has(mirror) || [...policies.values()].some(({ settings }) => settings === undefined);
}

/** A policy that sends Pods to a place for no mirror that it lists, since somebody has edited its list. */
export function policyUnlisted(
  { policies }: Pick<Picture, 'policies'>,
  isPlace: (pullPrefix: string) => boolean,
): FoundPolicy | undefined {
  return [...policies.values()].find(({ unlisted }) => [...unlisted].some(isPlace));
}

/** Why it is not known what policies of some kinds have; undefined where all is known. */
export function unknownBecause({ knowledge }: Pick<Picture, 'knowledge'>, kinds = ENGINE_KINDS): string | undefined {
  for (const kind of kinds) {
    const known = knowledge[kind];
    if (known.kind === 'unreadable') return `The operator can't read ${kind} objects: ${known.message}`;
    if (known.kind === 'reading') return `The operator has not read the ${kind} objects yet.`;
  }
  return undefined;
}
