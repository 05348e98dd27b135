import { findCondition } from '../../../src/api/conditions.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { REASONS } from '../../../src/api/reasons.js';
import { upstreamHosts } from '../../../src/api/spec/upstream-types.js';
import { FOREIGN_PROJECT } from '../story/fleet.js';
import type { EndState } from './end-state.js';
import { hasLostItsMark, isReady, stalledReason } from './invariant.js';
import type { Invariant } from './invariant.js';

/** Everything is Ready, or Stalled with a reason that follows from what was done to it. */
export const settled: Invariant = {
  name: 'every mirror is Ready, or Stalled with a reason that fits',
  breaches: (end) =>
    end.mirrors.flatMap((mirror) => {
      const { metadata, status } = mirror;
      const { name } = metadata;
      if (metadata.deletionTimestamp !== undefined) return [`${name} is still being deleted: ${shown(mirror)}`];
      if (status.observedGeneration !== metadata.generation) return [`${name} tells of an older generation`];
      const reason = stalledReason(mirror);
      if (reason !== undefined)
        return excuses(mirror, end).includes(reason) ? [] : [`${name} is stalled: ${shown(mirror)}`];
      const former = status.formerHarbors?.map(({ url, projectName }) => `${projectName} in ${url}`) ?? [];
      if (isReady(mirror)) return former.map((what) => `${name} has moved, and still has ${what}`);
      return [`${name} is neither Ready nor Stalled: ${shown(mirror)}`];
    }),
};

/** How a mirror says that a project is not its own, and has another upstream. */
const NOT_OURS = {
  Refuse: REASONS.projectNotOurs,
  Use: REASONS.upstreamMismatch,
  Adopt: REASONS.upstreamChanged,
} as const;

/** The reasons to be stalled that somebody gave this mirror. */
function excuses(mirror: RegistryMirror, { mirrors, steps }: EndState): readonly string[] {
  const { name } = mirror.metadata;
  const hosts = upstreamHosts(mirror.spec);
  const others = mirrors.filter(({ metadata }) => metadata.name !== name);
  const isContested = others.some(({ spec }) => upstreamHosts(spec).some((host) => hosts.includes(host)));
  const isUnmarked = hasLostItsMark({ name }, steps);
  const { adoptionPolicy } = mirror.spec;
  return [
    ...(isContested ? [REASONS.hostConflict] : []),
    ...(mirror.spec.project.name === FOREIGN_PROJECT ? [NOT_OURS[adoptionPolicy]] : []),
    // Without its mark the endpoint is a stranger's to a mirror that was deleted meanwhile.
    ...(isUnmarked ? [REASONS.markMissing, NOT_OURS[adoptionPolicy]] : []),
    // What is somebody else's by then is used as it is, also where hands made it private before.
    ...(isUnmarked && adoptionPolicy === 'Use' ? [REASONS.projectPrivate] : []),
  ];
}

function shown({ status }: RegistryMirror): string {
  const ready = findCondition(status.conditions, 'Ready');
  return `${ready?.reason ?? 'no reason'}: ${ready?.message ?? ''}`;
}
