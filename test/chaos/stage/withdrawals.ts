/** A time in which no new Pod is sent to a mirror's cache, since its upstream is away. */
export interface Withdrawal {
  readonly mirror: string;
  readonly from: number;
  readonly to: number;
}

/** An API server that is busy takes a while to go by a policy that was changed. */
const IN_FORCE_GRACE_MS = 15_000;

/** When which mirrors were out of the policies for their upstreams. Shortly before and after a Pod may be sent to either. */
export class Withdrawals {
  readonly all: Withdrawal[] = [];

  /** The mirror says that it is out; the returned function says that its upstream is about to come back. */
  begin(mirror: string): () => void {
    const from = Date.now() + IN_FORCE_GRACE_MS;
    return () => {
      this.all.push({ mirror, from, to: Date.now() });
    };
  }
}
