import { isKubernetesError } from '../../kubernetes/errors.js';
import type { Knowledge } from '../../policies/observe/picture.js';

/**
 * For how long the API server has to say that it lacks a kind in which there are, or may be, policies of ours: while a definition is set up anew, or while one of
 * several API servers is older than the others, it says so of a kind that is there.
 */
const ABSENT_MS = 5_000;

/** What has been read of a collection so far. */
interface ReadSoFar {
  readonly hasSynced: boolean;
  /** Whether there was something of ours in it at the last look; where it was never read, whether a mirror says so. */
  readonly isInUse: boolean;
}

/** What keeps a collection from being read. */
export class ReadProblem {
  readonly #now: () => number;
  #problem: Knowledge | undefined;
  #absentSince: number | undefined;

  /** @param now - ms by a clock that nobody sets */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined: the collection can be read, or what was read of it still holds. */
  get knowledge(): Knowledge | undefined {
    return this.#problem;
  }

  /** The collection was read. */
  clear(): void {
    this.#problem = undefined;
    this.#absentSince = undefined;
  }

  /** A read failed. What was read stays known through an outage, but not without the right to read it. */
  note(error: unknown, { hasSynced, isInUse }: ReadSoFar): void {
    if (isKubernetesError(error, 'notFound')) {
      this.#absentSince ??= this.#now();
      if (!isInUse || this.#now() - this.#absentSince >= ABSENT_MS) this.#problem = { kind: 'missing' };
      return;
    }
    this.#absentSince = undefined;
    if (hasSynced && !isKubernetesError(error, 'forbidden', 'unauthorized')) return;
    this.#problem = { kind: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}
