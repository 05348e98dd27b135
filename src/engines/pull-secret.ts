import { digest } from './digest.js';
import type { MirrorEntry } from './entry.js';
import { celString, jmesPathLiteral } from './escape.js';
import type { PolicySettings } from './settings.js';
import type { Variable } from './variable.js';

/** How the name of every Secret begins that the operator puts into namespaces for Pods to pull with. */
export const PULL_SECRET_PREFIX = 'registry-mirror-pull-';

/** The longest name of an object is 253 characters; the hash tells mirrors apart that begin alike. */
const MIRROR_LENGTH = 200;

/** The Secret that a rewritten Pod needs for one pull prefix. */
export interface PullSecretRef {
  readonly pullPrefix: string;
  readonly name: string;
}

/**
 * The name of the Secret for what a mirror serves. Another pull prefix (a new project, another Harbor) is another Secret, so that Pods
 * that were sent to the old one keep theirs until no more are.
 */
export function pullSecretName({ mirror, pullPrefix }: Pick<MirrorEntry, 'mirror' | 'pullPrefix'>): string {
  const readable = mirror.slice(0, MIRROR_LENGTH).replace(/[.-]+$/, '');
  return `${PULL_SECRET_PREFIX}${readable}-${digest({ mirror, pullPrefix })}`;
}

/** The Secrets that a policy with these settings adds to the Pods that it rewrites; sorted by name. */
export function injectedSecrets(
  entries: readonly MirrorEntry[],
  { pullSecret }: Pick<PolicySettings, 'pullSecret'>,
): readonly PullSecretRef[] {
  if (pullSecret === 'None') return [];
  return entries
    .map((entry) => ({ pullPrefix: entry.pullPrefix, name: pullSecretName(entry) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** CEL condition that a Pod has a pull secret that isn't one of ours. */
export const HAS_OTHER_PULL_SECRETS =
  '(has(object.spec.imagePullSecrets) && object.spec.imagePullSecrets.exists(s, ' +
  `!(has(s.name) && s.name.startsWith(${celString(PULL_SECRET_PREFIX)}))))`;

const has = (pod: 'object' | 'oldObject'): string =>
  `(has(${pod}.spec.imagePullSecrets) && ${pod}.spec.imagePullSecrets.exists(e, has(e.name) && e.name == s.n))`;

/**
 * The Secrets to add, of `variables.rewrites`: a list of maps with t: the pull prefix, n: the name. What a Pod was created with can't
 * be changed, so an update gets only those that its manifest left out.
 */
export function pullSecretVariables(secrets: readonly PullSecretRef[]): readonly Variable[] {
  if (secrets.length === 0) return [];
  const known = secrets.map(({ pullPrefix, name }) => `{"t": ${celString(pullPrefix)}, "n": ${celString(name)}}`);
  const needed = 'variables.rewrites.exists(m, m.t == s.t)';
  const mayHave = `(request.operation != "UPDATE" || ${has('oldObject')})`;
  const expression = `[${known.join(', ')}].filter(s, ${needed} && !${has('object')} && ${mayHave})`;
  return [{ name: 'pullSecrets', expression }];
}

/** What is behind the rest of the CEL expression of the JSON patch. */
export function pullSecretPatch(secrets: readonly PullSecretRef[]): string {
  if (secrets.length === 0) return '';
  const list = 'variables.pullSecrets';
  const appended = `${list}.map(s, JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: {"name": s.n}})`;
  const made = `[JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: ${list}.map(s, {"name": s.n})}]`;
  const hasSome = 'has(object.spec.imagePullSecrets) && size(object.spec.imagePullSecrets) > 0';
  return ` + (size(${list}) == 0 ? [] : (${hasSome} ? ${appended} : ${made}))`;
}

/** The same in JMESPath: what the stages of the rewrite's expression carry along, and the stages behind them. */
export interface PullSecretStages {
  /** Members of the first stage: p, b: names that the Pod has now and had before; y: whether it has any. */
  readonly read: string;
  /** The same members in the stages between. */
  readonly carry: string;
  /** Member of each rewritten image: v, its Secret. */
  readonly perImage: string;
  /** Stages that leave z: the Secrets to add. */
  readonly stages: readonly string[];
  /** The patch, as an element of the list of lists of patches. */
  readonly patch: string;
}

const NO_STAGES: PullSecretStages = { read: '', carry: '', perImage: '', stages: [], patch: '' };

export function pullSecretStages(secrets: readonly PullSecretRef[]): PullSecretStages {
  if (secrets.length === 0) return NO_STAGES;
  const byPrefix = Object.fromEntries(secrets.map(({ pullPrefix, name }) => [pullPrefix, name]));
  const names = (pod: string): string => `request.${pod}.spec.imagePullSecrets[].name || \`[]\``;
  const without = (list: string): string =>
    `values(merge(z, object_from_lists(${list}, ${list})))[?type(@) == 'object']`;
  return {
    read: `p: ${names('object')}, b: ${names('oldObject')}, y: length(${names('object')}) > \`0\`, `,
    carry: 'p: p, b: b, y: y, ',
    perImage: `v: lookup(${jmesPathLiteral(byPrefix)}, t), `,
    stages: [
      '{e: e, a: a, l: l, p: p, b: b, y: y, z: object_from_lists(l[].v, l[].{name: v}) }',
      `{e: e, a: a, l: l, y: y, z: z, p: [p, e && ${without('b')}[].name || \`[]\`][] }`,
      `{e: e, a: a, l: l, y: y, z: sort_by(${without('p')}, &name) }`,
    ],
    patch:
      ", length(z) > `0` && (y && z[].{op: 'add', path: '/spec/imagePullSecrets/-', value: @}" +
      " || [{op: 'add', path: '/spec/imagePullSecrets', value: z}]) || `[]`",
  };
}
