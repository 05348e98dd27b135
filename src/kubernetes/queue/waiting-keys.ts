import { higher, PRIORITIES } from './priority.js';
import type { Priority } from './priority.js';

/** A key whose turn it is. */
export interface Taken {
  readonly key: string;
  readonly group: string;
}

interface Place {
  readonly priority: Priority;
  readonly group: string;
  /** The order of arrival. */
  readonly number: number;
}

/** Keys that wait for their turn: the highest priority first, and within one the oldest of those whose group may have a turn. */
export class WaitingKeys {
  readonly #places = new Map<string, Place>();
  /** The groups of each priority, and the keys of each group, the oldest first. */
  readonly #queues: Readonly<Record<Priority, Map<string, Set<string>>>> = {
    urgent: new Map(),
    edit: new Map(),
    new: new Map(),
    routine: new Map(),
  };
  #arrivals = 0;

  get size(): number {
    return this.#places.size;
  }

  /** A key that waits already keeps its place, unless this priority is a higher one, or it belongs to another group by now. */
  add(key: string, priority: Priority, group: string): void {
    const current = this.#places.get(key);
    const highest = current === undefined ? priority : higher(current.priority, priority);
    if (current?.priority === highest && current.group === group) return;
    if (current !== undefined) this.#remove(key, current);
    this.#places.set(key, { priority: highest, group, number: this.#arrivals++ });
    const keys = this.#queues[highest].get(group) ?? new Set<string>();
    this.#queues[highest].set(group, keys.add(key));
  }

  /** Takes out the key whose turn it is. */
  take(mayBegin: (priority: Priority, group: string) => boolean): Taken | undefined {
    for (const priority of PRIORITIES) {
      const key = this.#oldest(priority, mayBegin);
      const place = key === undefined ? undefined : this.#places.get(key);
      if (key === undefined || place === undefined) continue;
      this.#remove(key, place);
      return { key, group: place.group };
    }
    return undefined;
  }

  clear(): void {
    this.#places.clear();
    for (const queue of Object.values(this.#queues)) queue.clear();
  }

  #oldest(priority: Priority, mayBegin: (priority: Priority, group: string) => boolean): string | undefined {
    let oldest: { readonly key: string; readonly number: number } | undefined;
    for (const [group, [key]] of this.#queues[priority]) {
      const number = key === undefined ? undefined : this.#places.get(key)?.number;
      if (key === undefined || number === undefined || (oldest !== undefined && oldest.number < number)) continue;
      if (mayBegin(priority, group)) oldest = { key, number };
    }
    return oldest?.key;
  }

  #remove(key: string, { priority, group }: Place): void {
    this.#places.delete(key);
    const keys = this.#queues[priority].get(group);
    keys?.delete(key);
    if (keys?.size === 0) this.#queues[priority].delete(group);
  }
}
