import type { HarborStandIn } from '../../harbor/index.js';

/** One write in Harbor, and whose. */
export interface ReplicaWrite {
  readonly replica: string;
  readonly what: string;
}

/**
 * What replicas wrote in the first Harbor, in the order in which it arrived: each has a login of its own there. A write that waits in Harbor for a hanging
 * upstream is carried out when its replica may have ended long since.
 */
export class WriteOrder {
  readonly writes: ReplicaWrite[] = [];
  readonly #end: () => void;

  constructor(harbor: HarborStandIn) {
    this.#end = harbor.onArrival(({ user, method, path }) => {
      const replica = /replica-\d+$/.exec(user)?.[0];
      if (replica !== undefined) this.writes.push({ replica, what: `${method} ${path}` });
    });
  }

  /** Ends the watch. */
  end(): void {
    this.#end();
  }
}
