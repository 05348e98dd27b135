/** What goes wrong with a call. */
export type Fault =
  /** This answer instead of Harbor's; the call isn't carried out. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  /** Harbor's answer, later. The call is carried out after the delay. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset, before the call is carried out or after. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The call is carried out; of the answer only half comes, then the connection is reset. */
  | { readonly kind: 'half answer' }
  /** No answer ever: the call isn't carried out, or is. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' };

/** What is known of a call before it's carried out. */
export interface IncomingCall {
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly user: string;
}

export type CallMatcher = Partial<IncomingCall> | ((call: IncomingCall) => boolean);

export interface InjectedFault {
  /** How often it has struck. */
  readonly hits: number;
  remove(): void;
}

class Injection implements InjectedFault {
  readonly matcher: CallMatcher;
  readonly fault: Fault;
  readonly #forget: (injection: Injection) => void;
  #left: number;
  #hits = 0;

  constructor(matcher: CallMatcher, fault: Fault, times: number, forget: (injection: Injection) => void) {
    this.matcher = matcher;
    this.fault = fault;
    this.#left = times;
    this.#forget = forget;
  }

  get hits(): number {
    return this.#hits;
  }

  strike(): void {
    this.#hits += 1;
    this.#left -= 1;
    if (this.#left <= 0) this.remove();
  }

  remove(): void {
    this.#forget(this);
  }
}

/** The faults that wait for their calls, first come first served. */
export class Faults {
  readonly #waiting = new Set<Injection>();

  inject(matcher: CallMatcher, fault: Fault, times: number): InjectedFault {
    const injection = new Injection(matcher, fault, times, (gone) => this.#waiting.delete(gone));
    this.#waiting.add(injection);
    return injection;
  }

  /** The fault that strikes this call, counted as having struck. */
  take(call: IncomingCall): Fault | undefined {
    for (const injection of this.#waiting) {
      if (!meets(call, injection.matcher)) continue;
      injection.strike();
      return injection.fault;
    }
    return undefined;
  }

  clear(): void {
    this.#waiting.clear();
  }
}

function meets(call: IncomingCall, matcher: CallMatcher): boolean {
  if (typeof matcher === 'function') return matcher(call);
  return (Object.keys(matcher) as (keyof IncomingCall)[]).every((key) => call[key] === matcher[key]);
}
