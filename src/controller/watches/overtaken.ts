import { findCondition } from '../../api/conditions.js';
import { FINALIZER } from '../../api/group.js';
import type { Condition, RegistryMirror, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import type { StoreEvent } from '../../kubernetes/cache/store.js';

/** Whoever led when a mirror went is done with it long before, unless something stands in the way for good. */
const LONG_GONE_MS = 24 * 3_600_000;

interface Known {
  readonly mirror: RegistryMirror;
  /** When the watch told of its end. */
  readonly since: number;
}

/**
 * Mirrors that the API server has deleted although they had the operator's finalizer. It reads an object, finds nothing that holds it, and deletes it a
 * moment later without asking whether somebody has added a finalizer meanwhile (`Store.Delete` of k8s.io/apiserver). What such a mirror has in Harbor is dealt
 * with as that of any other one that is deleted, as long as a process that knows of it runs. Each replica knows what it has seen, and is not told when the one
 * that leads is done.
 */
export class Overtaken {
  readonly #known = new Map<string, Known>();
  readonly #now: () => number;

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in what the watch tells of a mirror. A new one of the same name goes on with what there is. */
  observe({ type, object, isMissed }: StoreEvent<RegistryMirror>, at: Date): void {
    const { name, deletionTimestamp, finalizers = [] } = object.metadata;
    this.#known.delete(name);
    // A deletion that the finalizer held up carries its time. What was only missing in a list may have had one, too.
    if (type !== 'DELETED' || isMissed === true || deletionTimestamp !== undefined || !finalizers.includes(FINALIZER))
      return;
    const mirror = { ...object, metadata: { ...object.metadata, deletionTimestamp: at.toISOString() } };
    this.#known.set(name, { mirror, since: this.#now() });
  }

  /** As they were in the end, and with the time of their deletion. */
  all(): readonly RegistryMirror[] {
    return [...this.#known.values()].map(({ mirror }) => mirror);
  }

  get(name: string): RegistryMirror | undefined {
    return this.#known.get(name)?.mirror;
  }

  /** Whether this very mirror is one of them. */
  has({ metadata: { name, uid } }: RegistryMirror): boolean {
    const known = this.#known.get(name);
    return known !== undefined && known.mirror.metadata.uid === uid;
  }

  /** Keeps the status that one of them would have. @returns its Ready condition, where that says something new */
  report({ metadata: { name } }: RegistryMirror, status: RegistryMirrorStatus): Condition | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    this.#known.set(name, { ...known, mirror: { ...known.mirror, status } });
    const before = findCondition(known.mirror.status.conditions, 'Ready');
    const ready = findCondition(status.conditions, 'Ready');
    return ready?.reason === before?.reason && ready?.message === before?.message ? undefined : ready;
  }

  /** Nothing is left to be done for this mirror. @returns whether it was one of them */
  letGo(mirror: RegistryMirror): boolean {
    return this.has(mirror) && this.#known.delete(mirror.metadata.name);
  }

  /** Lets go of those that another process must have dealt with: their Harbor, or its Secret, may be gone by now. */
  forgetLongGone(): void {
    for (const [name, { since }] of [...this.#known]) if (this.#now() - since >= LONG_GONE_MS) this.#known.delete(name);
  }
}
