import type { RegistryMirror } from '../api/registry-mirror.js';
import { Turn } from '../clock/turn.js';
import type { StoreEvent } from '../kubernetes/cache/store.js';

/** Mirrors by some property of theirs. */
interface Index {
  set(mirror: RegistryMirror): void;
  delete(mirror: string): void;
}

interface Mirrors {
  mirrors(): readonly RegistryMirror[];
  mirror(name: string): RegistryMirror | undefined;
}

/** All indices of mirrors, kept together. */
export class Indices {
  readonly #indices: readonly Index[];

  constructor(indices: readonly Index[]) {
    this.#indices = indices;
  }

  /** Takes in what an event of a mirror tells. */
  take({ type, object }: StoreEvent<RegistryMirror>): void {
    for (const index of this.#indices) {
      if (type === 'DELETED') index.delete(object.metadata.name);
      else index.set(object);
    }
  }

  /**
   * Takes in the mirrors that are there already; others have their turn in between.
   * Each as it is at that moment: an event may have told of it meanwhile, or it may be gone.
   */
  async fill(cluster: Mirrors, turn = new Turn()): Promise<void> {
    for (const { metadata } of cluster.mirrors()) {
      await turn.breathe();
      const there = cluster.mirror(metadata.name);
      if (there !== undefined) for (const index of this.#indices) index.set(there);
    }
  }
}
