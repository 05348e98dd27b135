/** What may be at fault for a refused Pod, beside the operator. */
export type OutageKind = 'Kyverno' | 'API server' | 'policy edited by hand';

interface Outage {
  readonly kind: OutageKind;
  readonly from: number;
  to: number;
}

/** When something else than the operator was away. */
export class Outages {
  readonly #outages: Outage[] = [];

  /** Has begun; the returned function says that it is over, for `graceMs` more. */
  begin(kind: OutageKind): (graceMs?: number) => void {
    const outage: Outage = { kind, from: Date.now(), to: Infinity };
    this.#outages.push(outage);
    return (graceMs = 0) => {
      outage.to = Date.now() + graceMs;
    };
  }

  /** The kinds of outages at any time between the two. */
  between(from: number, to: number): ReadonlySet<OutageKind> {
    return new Set(this.#outages.filter((outage) => outage.from <= to && outage.to >= from).map(({ kind }) => kind));
  }
}
