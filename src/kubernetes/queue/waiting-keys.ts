import { higher, PRIORITIES } from './priority.js';
import type { Priority } from './priority.js';

/** Keys that wait for their turn: the highest priority first, and within one the oldest. */
export class WaitingKeys {
  readonly #priorities = new Map<string, Priority>();
  readonly #queues: Readonly<Record<Priority, Set<string>>> = {
    urgent: new Set(),
    edit: new Set(),
    routine: new Set(),
  };

  get size(): number {
    return this.#priorities.size;
  }

  /** A key that waits already keeps its place, unless this priority is a higher one. */
  add(key: string, priority: Priority): void {
    const current = this.#priorities.get(key);
    if (current !== undefined && higher(current, priority) === current) return;
    if (current !== undefined) this.#queues[current].delete(key);
    this.#priorities.set(key, priority);
    this.#queues[priority].add(key);
  }

  /** Takes out the key whose turn it is. */
  take(): string | undefined {
    for (const priority of PRIORITIES) {
      for (const key of this.#queues[priority]) {
        this.#queues[priority].delete(key);
        this.#priorities.delete(key);
        return key;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#priorities.clear();
    for (const queue of Object.values(this.#queues)) queue.clear();
  }
}
