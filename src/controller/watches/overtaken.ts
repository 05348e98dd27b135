import { findCondition } from '../../api/conditions.js';
import { FINALIZER } from '../../api/group.js';
import type { Condition, RegistryMirror, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import type { StoreEvent } from '../../kubernetes/cache/store.js';

/**
 * Mirrors that the API server has deleted although they had the operator's finalizer. It reads an object, finds nothing that holds it, and deletes it a
 * moment later without asking whether somebody has added a finalizer meanwhile (`Store.Delete` of k8s.io/apiserver). What such a mirror has in Harbor is dealt
 * with as that of any other one that is deleted, as long as this process knows of it.
 */
export class Overtaken {
  readonly #mirrors = new Map<string, RegistryMirror>();

  /** Takes in what the watch tells of a mirror. A new one of the same name goes on with what there is. */
  observe({ type, object, isMissed }: StoreEvent<RegistryMirror>, now: Date): void {
    const { name, deletionTimestamp, finalizers = [] } = object.metadata;
    this.#mirrors.delete(name);
    // A deletion that the finalizer held up carries its time. What was only missing in a list may have had one, too.
    if (type !== 'DELETED' || isMissed === true || deletionTimestamp !== undefined || !finalizers.includes(FINALIZER))
      return;
    this.#mirrors.set(name, { ...object, metadata: { ...object.metadata, deletionTimestamp: now.toISOString() } });
  }

  /** As they were in the end, and with the time of their deletion. */
  all(): readonly RegistryMirror[] {
    return [...this.#mirrors.values()];
  }

  get(name: string): RegistryMirror | undefined {
    return this.#mirrors.get(name);
  }

  /** Whether this very mirror is one of them. */
  has({ metadata: { name, uid } }: RegistryMirror): boolean {
    const known = this.#mirrors.get(name);
    return known !== undefined && known.metadata.uid === uid;
  }

  /** Keeps the status that one of them would have. @returns its Ready condition, where that says something new */
  report({ metadata: { name } }: RegistryMirror, status: RegistryMirrorStatus): Condition | undefined {
    const known = this.#mirrors.get(name);
    if (known === undefined) return undefined;
    this.#mirrors.set(name, { ...known, status });
    const before = findCondition(known.status.conditions, 'Ready');
    const ready = findCondition(status.conditions, 'Ready');
    return ready?.reason === before?.reason && ready?.message === before?.message ? undefined : ready;
  }

  /** Nothing is left to be done for this mirror. @returns whether it was one of them */
  letGo(mirror: RegistryMirror): boolean {
    return this.has(mirror) && this.#mirrors.delete(mirror.metadata.name);
  }
}
