import { findCondition } from '../api/conditions.js';
import { REASONS } from '../api/reasons.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PullHost } from '../harbor/session/facts.js';
import type { SessionChange } from '../harbor/session/news.js';
import type { Priority } from '../kubernetes/queue/priority.js';
import { ObjectIndex } from '../kubernetes/cache/object-index.js';
import type { StoreEvent } from '../kubernetes/cache/store.js';

/** A mirror that has to be looked at. */
export interface Wake {
  readonly mirror: string;
  readonly priority: Priority;
}

/** Which mirrors name which Secret, so that a Secret's change doesn't cost a look at all mirrors. */
export class SecretUsers {
  readonly #bySecret = new ObjectIndex<RegistryMirror>();

  /** Takes a mirror in, or its new version. */
  set(mirror: RegistryMirror): void {
    this.#bySecret.set(mirror.metadata.name, mirror, secretsOf(mirror));
  }

  delete(mirror: string): void {
    this.#bySecret.delete(mirror);
  }

  /** The mirrors that name this Secret, for their upstream or for their Harbor. */
  of(secret: string): readonly string[] {
    return this.#bySecret.get(secret).map(({ metadata }) => metadata.name);
  }

  /** All mirrors. */
  all(): Iterable<string> {
    return this.#bySecret.names();
  }
}

/** What an event of a mirror is to itself. */
export function wakeOfMirror(event: StoreEvent<RegistryMirror>): Wake {
  return { mirror: event.object.metadata.name, priority: priorityOf(event) };
}

/** Whether the mirror may have let go of a host, which others lost to it and may have now. */
export function mayFreeHost({ priority }: Wake): boolean {
  return priority !== 'routine';
}

/** The mirrors whose host is another's, or would be a loop, by their status: what others do may let them in. Pure. */
export function losersOfConflicts(mirrors: readonly RegistryMirror[]): readonly string[] {
  const lost: readonly (string | undefined)[] = [REASONS.hostConflict, REASONS.hostIsHarbor];
  return mirrors
    .filter(({ status }) => lost.includes(findCondition(status.conditions, 'Ready')?.reason))
    .map(({ metadata }) => metadata.name);
}

/**
 * Whom news of a Harbor concerns: its mirrors, and those of other Harbors that mirror the host that nodes pull from here, or whose host may be free
 * again, now that this is known. Its first answer, which comes after each start of the operator, changes nothing for those that serve.
 *
 * @param users - the mirrors that use this Harbor
 */
export function wakesOfHarbor(
  change: SessionChange,
  pullHost: PullHost,
  users: readonly RegistryMirror[],
  others: { readonly naming: (host: string) => readonly RegistryMirror[]; readonly losers: () => readonly string[] },
): readonly Wake[] {
  const own = new Set(users.map(({ metadata }) => metadata.name));
  if (change === 'contents') return [...own].map(asRoutine);
  if (change === 'upstreams') {
    const leaving = users.filter(({ spec }) => spec.rewrite.onUpstreamUnavailable === 'Withdraw');
    return leaving.map(({ metadata }) => asRoutine(metadata.name));
  }
  const naming = pullHost.kind === 'known' ? others.naming(pullHost.host).map(({ metadata }) => metadata.name) : [];
  const rest = new Set([...naming, ...others.losers()].filter((mirror) => !own.has(mirror)));
  const ownWakes = users.map((mirror): Wake => ({
    mirror: mirror.metadata.name,
    priority: change === 'availability' ? 'urgent' : isNew(mirror) ? 'new' : 'routine',
  }));
  return [...ownWakes, ...[...rest].map(asRoutine)];
}

/**
 * Whom a change of a Secret concerns. A login of the operator's own concerns all mirrors; as routine, so that a person's edit needn't wait
 * behind thousands.
 *
 * @param own - the names of the Secrets that the operator itself works with
 */
export function wakesOfSecret(secret: string, own: ReadonlySet<string>, users: SecretUsers): readonly Wake[] {
  if (own.has(secret)) return [...users.all()].map(asRoutine);
  return users.of(secret).map((mirror) => ({ mirror, priority: 'edit' }));
}

/** Deletions first, then what a person changed, and then what is new, of which there may be thousands: the operator's own writes change neither the generation nor an annotation. */
function priorityOf({ type, object, previous }: StoreEvent<RegistryMirror>): Priority {
  const { generation, annotations, deletionTimestamp } = object.metadata;
  if (type === 'DELETED' || deletionTimestamp !== undefined) return 'urgent';
  const before = previous?.metadata;
  if (type === 'ADDED') return 'new';
  const isSame = before?.generation === generation && sameAnnotations(before?.annotations, annotations);
  return isSame ? 'routine' : 'edit';
}

function sameAnnotations(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Whether no status says yet how the mirror stands. */
function isNew({ status }: RegistryMirror): boolean {
  return status.observedGeneration < 1;
}

function secretsOf({ spec: { upstream, harbor } }: RegistryMirror): readonly string[] {
  const references = [
    upstream.credentialsSecretRef,
    upstream.caCertificateSecretRef,
    harbor?.credentialsSecretRef,
    harbor?.caCertificateSecretRef,
  ];
  return references.flatMap((reference) => (reference === undefined ? [] : [reference.name]));
}

function asRoutine(mirror: string): Wake {
  return { mirror, priority: 'routine' };
}
