import { compare } from '../image/rules.js';
import type { MirrorEntry } from './entry.js';
import type { PolicySettings } from './settings.js';
import { digest } from './syntax/digest.js';

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
    .sort((a, b) => compare(a.name, b.name));
}
