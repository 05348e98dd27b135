import { ENGINE_KINDS, ENGINES } from '../../engines/engines.js';
import type { PolicyEngine } from '../../engines/settings.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { heldForMs, mayActForMs } from '../plan/acting.js';
import { rememberedWith } from '../held.js';
import { findPolicy } from '../observe/picture.js';
import type { Picture } from '../observe/picture.js';
import type { StandingInput } from './standing.js';

type OutdatedInput = Omit<StandingInput, 'decision'>;

/**
 * For how many ms still new Pods may be sent where a policy sent the mirror's before, or by a policy that it has left; Infinity where a webhook shows that
 * they are. A mirror may be in force, or out of all policies, as its status says, and Pods be treated as before in a replica that is behind: what
 * would harm them has to wait for this. Pure.
 */
export function outdatedForMs({ name, mirror, picture, memory, now }: OutdatedInput): number {
  const changed = rememberedWith(name, memory).map((policy) => {
    const isThere = findPolicy(picture, policy)?.form.has(name) === true;
    return Math.max(mayActForMs(policy, name, picture, now), isThere ? 0 : heldForMs(policy, name, picture, now));
  });
  return Math.max(0, unseenUntil(mirror, picture, memory.since) - now, ...changed);
}

/** Until when what was written before this process began may act without any sign. */
function unseenUntil(mirror: RegistryMirror | undefined, { knowledge }: Picture, since: number): number {
  const engines: readonly (PolicyEngine | undefined)[] = [mirror?.status.policy?.kind, ...enginesOf(mirror)];
  const silent = ENGINE_KINDS.filter((kind) => !ENGINES[kind].isKyverno && engines.includes(kind));
  return Math.max(
    0,
    ...silent.filter((kind) => knowledge[kind].kind !== 'missing').map((kind) => since + ENGINES[kind].delays.spreadMs),
  );
}

function enginesOf(mirror: RegistryMirror | undefined): readonly PolicyEngine[] {
  const engine = mirror?.spec.rewrite.engine ?? 'None';
  if (engine === 'Auto') return ENGINE_KINDS;
  return engine === 'None' ? [] : [engine];
}
