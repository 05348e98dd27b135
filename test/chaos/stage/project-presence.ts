import type { HarborStandIn } from '../../harbor/index.js';

export type Presence = 'there' | 'never there' | 'deleted by the operator' | 'deleted by hand';

/** Which projects Harbor has, and who took away those that it hasn't any more. */
export class ProjectPresence {
  readonly #harbor: HarborStandIn;
  #known: ReadonlySet<string> = new Set();
  readonly #deletedBy = new Map<string, string>();
  /** Ends the watch. */
  readonly end: () => void;

  constructor(harbor: HarborStandIn) {
    this.#harbor = harbor;
    this.end = harbor.afterWrite(({ user }) => {
      const now = this.now();
      for (const name of this.#known) if (!now.has(name)) this.#deletedBy.set(name, user);
      this.#known = now;
    });
  }

  of(project: string): Presence {
    if (this.#harbor.project(project) !== undefined) return 'there';
    const by = this.#deletedBy.get(project);
    if (by === undefined) return 'never there';
    return by === this.#harbor.admin.username ? 'deleted by hand' : 'deleted by the operator';
  }

  /** Every project of this moment by name; what isn't in it was not there. */
  now(): ReadonlySet<string> {
    return new Set(this.#harbor.projects().map(({ name }) => name));
  }
}
