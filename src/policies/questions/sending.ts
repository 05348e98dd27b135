import type { RegistryMirror } from '../../api/registry-mirror.js';
import { entryText, projectIn } from '../../engines/entry.js';
import type { MirrorEntry } from '../../engines/entry.js';
import { memoryOf } from '../memory.js';
import type { Memory } from '../memory.js';
import { policyUnlisted, unknownBecause } from '../observe/picture.js';
import type { FoundPolicy } from '../observe/live.js';
import type { Picture } from '../observe/picture.js';

/** A place that new Pods may be sent to. */
export interface Place {
  /** `host[:port]/project` */
  readonly pullPrefix: string;
  /** Whether it counts that Pods are sent there for the repositories of these globs. Default: whatever they are; no globs mean all. */
  readonly counts?: (include: readonly string[]) => boolean;
}

interface SendingInput {
  /** The mirror's. */
  readonly name: string;
  readonly place: Place;
  readonly picture: Picture;
  readonly memory: Memory;
}

/** Whether any policy sends new Pods for the mirror to this place: one that has it so, or that a webhook shows so, or one that can't be read. Pure. */
export function maySendTo({ place, ...asked }: SendingInput): boolean {
  if (policyUnlisted(asked.picture, (pullPrefix) => pullPrefix === place.pullPrefix) !== undefined) return true;
  return mayDo((entry) => leadsTo(place, entry), asked);
}

/** Whether any policy sends new Pods for the mirror to another place than this one: such as one that it moved out of, and that has its old place still. Pure. */
export function maySendElsewhere({
  place: { pullPrefix },
  mirror,
  ...asked
}: SendingInput & { readonly mirror: RegistryMirror | undefined }): boolean {
  const others = policyUnlisted(asked.picture, (other) => other !== pullPrefix && wasIn(mirror, projectIn(other)));
  return others !== undefined || mayDo((entry) => entry.pullPrefix !== pullPrefix, asked);
}

/** A policy that lists the mirror, or sends Pods to a place that it has or had all the same. Pure. */
export function policyWith(
  picture: Picture,
  name: string,
  mirror: RegistryMirror | undefined,
): FoundPolicy | undefined {
  const { pullPrefix } = mirror?.status ?? {};
  const isPlace = (other: string): boolean => other === pullPrefix || wasIn(mirror, projectIn(other));
  return picture.byMirror.get(name)?.[0] ?? policyUnlisted(picture, isPlace);
}

/**
 * Whether the mirror has, or had, a project of this name in whatever Harbor. Nothing tells by which host nodes pulled from a Harbor that the mirror was
 * moved away from.
 */
function wasIn(mirror: RegistryMirror | undefined, project: string): boolean {
  const { harbor, formerHarbors = [] } = mirror?.status ?? {};
  return harbor?.projectName === project || formerHarbors.some(({ projectName }) => projectName === project);
}

/** Whether any policy may have an entry of this kind for the mirror. */
function mayDo(isSo: (entry: MirrorEntry) => boolean, { name, picture, memory }: Omit<SendingInput, 'place'>): boolean {
  if (unknownBecause(picture) !== undefined) return true;
  const there = picture.byMirror.get(name) ?? [];
  return there.some((policy) => {
    const entry = policy.entries.get(name);
    if (entry === undefined || isSo(entry)) return true;
    const { forms } = memoryOf(memory, policy);
    const isShownOtherwise = [...forms].some(([hash, form]) => {
      const text = form.get(name);
      return picture.shown.has(hash) && text !== undefined && text !== entryText(entry);
    });
    return isShownOtherwise;
  });
}

/** Whether what a policy has for a mirror sends Pods there. */
export function leadsTo({ pullPrefix, counts }: Place, entry: MirrorEntry): boolean {
  return entry.pullPrefix === pullPrefix && (counts === undefined || counts(entry.include));
}
