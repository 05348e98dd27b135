import type { HarborStandIn } from '../../harbor/index.js';

/** One write in Harbor, and whose. */
export interface ReplicaWrite {
  readonly replica: string;
  readonly what: string;
}

/** What replicas wrote in the first Harbor, in the order in which Harbor carried it out: each has a login of its own there. */
export class WriteOrder {
  readonly writes: ReplicaWrite[] = [];
  readonly #end: () => void;

  constructor(harbor: HarborStandIn) {
    this.#end = harbor.afterWrite(({ user, method, path }) => {
      const replica = /replica-\d+$/.exec(user)?.[0];
      if (replica !== undefined) this.writes.push({ replica, what: `${method} ${path}` });
    });
  }

  /** Ends the watch. */
  end(): void {
    this.#end();
  }
}
