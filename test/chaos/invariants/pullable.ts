import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { NAMESPACE } from '../../support/operator.js';
import { PULL_HOSTS } from '../stage/harbors.js';
import { hasKey, pullPrefixOf } from '../stage/pods.js';
import type { EndState } from './end-state.js';
import { hasLostItsMark, isReady, stalledReason } from './invariant.js';
import type { Invariant } from './invariant.js';

export const pullable: Invariant = {
  name: 'Pods that are sent to a private project can pull from it, and nobody else has the key',
  breaches: (end) => [...keysMissing(end), ...keysLeft(end), ...podsWithoutKey(end)],
};

function keysMissing({ mirrors, pullSecrets, namespace }: EndState): readonly string[] {
  return mirrors
    .filter((mirror) => isReady(mirror) && injects(mirror))
    .flatMap(({ metadata: { name }, status: { pullPrefix = '' } }) => {
      const own = pullSecrets.filter((secret) => secret.pullPrefix === pullPrefix);
      const copy = own.find((secret) => secret.namespace === namespace);
      if (copy === undefined) return [`${namespace} has no Secret for ${pullPrefix} of ${name}`];
      return copy.works ? [] : [`the Secret for ${pullPrefix} of ${name} has a login that its Harbor does not know`];
    });
}

function keysLeft({ mirrors, pullSecrets }: EndState): readonly string[] {
  const stalled = mirrors.filter((mirror) => stalledReason(mirror) !== undefined).map(({ metadata }) => metadata.name);
  const inUse = mirrors.filter(injects).map(({ status }) => status.pullPrefix);
  return pullSecrets
    .filter(({ mirror, pullPrefix }) => !stalled.includes(mirror) && !inUse.includes(pullPrefix))
    .map(({ mirror, pullPrefix, namespace }) => {
      const where = namespace === NAMESPACE ? 'the operator’s namespace' : namespace;
      return `the Secret for ${pullPrefix} is left in ${where} of ${mirror}`;
    });
}

/** A mirror that has lost its mark repairs nothing any more, and goes on serving: what a hand then does to its project stays, too. */
function podsWithoutKey({ mirrors, steps, pods, projects, fleet }: EndState): readonly string[] {
  const unmarked = mirrors
    .filter((mirror) => stalledReason(mirror) !== undefined && hasLostItsMark(mirror.metadata, steps))
    .map(({ status }) => status.pullPrefix);
  const closed = projects
    .filter(({ isPublic }) => !isPublic)
    .map(({ harbor, name }) => `${PULL_HOSTS[harbor]}/${name}`)
    .filter((prefix) => !unmarked.includes(prefix));
  return pods.flatMap(({ image, result, secrets }) => {
    const prefix = result === undefined ? undefined : pullPrefixOf(result);
    if (prefix === undefined || !closed.includes(prefix) || hasKey(prefix, secrets, fleet)) return [];
    return [`a Pod of ${image} is sent to ${prefix}, which is private, without its Secret`];
  });
}

function injects({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.pullSecret === 'Inject' && rewrite.engine !== 'None';
}
