import { HarborError } from '../../http/errors.js';
import type { HarborErrorDetails } from '../../http/errors.js';
import { Arrivals } from './arrivals.js';
import { Line } from './line.js';
import { SameUpstream } from './same-upstream.js';
import type { SameUpstreamOptions } from './same-upstream.js';
import { asked, silent } from './upstream-errors.js';

/** What Harbor is waiting for is said to hang after this. */
const HANGS_AFTER_MS = 2000;
/** A call that hangs makes way for a newcomer at most so often. */
const MAKES_WAY_EVERY_MS = 2000;
/** Who waits because others hang looks again after so long, should nobody tell it that its turn has come. */
const LOOK_AGAIN_MS = 30_000;
/** With too many calls that Harbor may be busy with, one more is sent now and then, to see whether that is over. */
const PROBE_EVERY_MS = 60_000;
/** Harbor goes on with a call that was given up for as long as its upstream hangs: 41 min were seen. */
const HELD_FOR_MS = 45 * 60_000;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Calls that may be open at one Harbor. */
const OPEN_AT_MOST = 4;
/** Calls that Harbor may be busy with, those that were given up among them. */
const HELD_AT_MOST = 16;

interface UpstreamCallsOptions extends SameUpstreamOptions {
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  /** How long a call waits for its turn while none hangs. */
  readonly patienceMs?: number;
}

/** A call that Harbor answers only after it has asked the upstream. */
interface UpstreamCall<T> extends Pick<HarborErrorDetails, 'method' | 'path'> {
  readonly mirror: string;
  /** The url of the upstream. */
  readonly upstream: string;
  readonly send: (signal: AbortSignal) => Promise<T>;
}

interface OpenCall {
  readonly startedAt: number;
  readonly giveUp: AbortController;
}

/**
 * The calls of one Harbor that it answers only after it has asked an upstream. An upstream that hangs holds such a call for up to 41 min, and with
 * it one of Harbor's connections to its database, also when nobody waits for the answer any more; when all are gone, Harbor is down. So
 * there are only a few at once, one for each upstream, and after one that was given up there is a pause that grows.
 */
export class UpstreamCalls {
  readonly #options: UpstreamCallsOptions;
  /** By upstream. */
  readonly #open = new Map<string, OpenCall>();
  readonly #pauses = new Map<string, { readonly ms: number; readonly until: number }>();
  readonly #arrivals: Arrivals;
  readonly #sameUpstream: SameUpstream;
  readonly #line: Line;
  /** Calls that were given up, and until when Harbor may be busy with them. */
  #givenUp: { readonly upstream: string; readonly until: number }[] = [];
  #madeWayAt = -Infinity;
  #startedAt = -Infinity;

  constructor(options: UpstreamCallsOptions) {
    this.#options = options;
    this.#arrivals = new Arrivals(options.now);
    this.#sameUpstream = new SameUpstream(options);
    this.#line = new Line(options.patienceMs);
  }

  /**
   * Sends the call, if it may be sent now.
   *
   * @throws HarborError `upstreamAsked` or `upstreamSilent` where it may not, or was given up; `retryAfterMs` says when to come again
   */
  async send<T>(call: UpstreamCall<T>): Promise<T> {
    const { upstream } = call;
    const waited = this.#movesOn(upstream);
    if (waited) await this.#line.turn();
    const open = this.#begin(call, waited);
    try {
      const answer = await call.send(open.giveUp.signal);
      this.#answered(upstream);
      return answer;
    } catch (error) {
      if (!(error instanceof HarborError) || !wasGivenUp(error)) {
        this.#answered(upstream);
        throw error;
      }
      const pausedMs = this.#pause(upstream, open);
      throw silent(call, `${upstream} gave no answer; asked again after ${pausedMs / 1000} s`, pausedMs, true);
    } finally {
      if (this.#open.get(upstream) === open) this.#open.delete(upstream);
      this.#callNext(upstream);
    }
  }

  /** The mirror is gone. */
  forget(mirror: string): void {
    this.#arrivals.leave(mirror);
    this.#sameUpstream.forget(mirror);
  }

  /** Forgets upstreams that were left alone for long enough. */
  prune(): void {
    for (const [upstream, { until }] of this.#pauses) {
      if (this.#options.now() - until > LONGEST_PAUSE_MS) this.#pauses.delete(upstream);
    }
  }

  /** Whether all places are taken, and none by a call that hangs. */
  #movesOn(upstream: string): boolean {
    const isFull = this.#open.size + this.#line.called >= OPEN_AT_MOST && this.#busyWith() < HELD_AT_MOST;
    if (this.#options.patienceMs === 0 || !isFull || this.#pauses.has(upstream)) return false;
    return !this.#open.has(upstream) && !this.#hangs();
  }

  /** At once, so that the next one in line sees it. Whoever may not enter after all leaves the place to that. */
  #begin(call: UpstreamCall<unknown>, waited: boolean): OpenCall {
    try {
      this.#enter(call, !waited);
    } catch (error) {
      if (waited) this.#line.next(OPEN_AT_MOST - this.#open.size);
      throw error;
    }
    this.#arrivals.leave(call.mirror);
    this.#sameUpstream.begin(call.upstream, call.mirror);
    const open: OpenCall = { startedAt: this.#options.now(), giveUp: new AbortController() };
    this.#open.set(call.upstream, open);
    this.#startedAt = open.startedAt;
    return open;
  }

  /**
   * @param comesNow - whether it has not waited since before others began to hang
   * @throws HarborError where the call may not be sent now
   */
  #enter(call: UpstreamCall<unknown>, comesNow: boolean): void {
    const { mirror, upstream } = call;
    const own = this.#open.get(upstream);
    if (own !== undefined) {
      const reason = `Harbor is waiting for an answer of ${upstream}`;
      this.#sameUpstream.wait(upstream, mirror);
      throw this.#isHanging(own) ? silent(call, reason, LOOK_AGAIN_MS) : asked(call, reason, HANGS_AFTER_MS);
    }
    const pause = this.#pauses.get(upstream);
    const pausedMs = (pause?.until ?? 0) - this.#options.now();
    if (pause !== undefined && pausedMs > 0) {
      throw silent(call, `${upstream} gave no answer; asked again after ${pause.ms / 1000} s`, pausedMs);
    }
    this.#arrivals.arrive(mirror, () => comesNow && this.#hangs() && pause === undefined);
    if (this.#hasPlace()) return;
    if (!this.#arrivals.isNew(mirror)) throw this.#inLine(call);
    // Of the newcomers the last goes first: it is the likeliest not to hang, since the others had their chance.
    if (this.#arrivals.isLastNewcomer(mirror) && this.#makeWay()) return;
    throw asked(call, 'Harbor is busy with other upstreams', MAKES_WAY_EVERY_MS / 4);
  }

  #hasPlace(): boolean {
    if (this.#open.size >= OPEN_AT_MOST) return false;
    if (this.#busyWith() < HELD_AT_MOST) return true;
    return this.#open.size === 0 && this.#options.now() - this.#startedAt >= PROBE_EVERY_MS;
  }

  #inLine(call: UpstreamCall<unknown>): HarborError {
    const hanging = [...this.#open].filter(([, open]) => this.#isHanging(open)).map(([upstream]) => upstream);
    const others = hanging.length === 0 ? 'other upstreams' : hanging.join(', ');
    const reason = `Harbor is waiting for answers of ${others} first`;
    const isStuck = hanging.length >= OPEN_AT_MOST || this.#busyWith() >= HELD_AT_MOST;
    return isStuck ? silent(call, reason, LOOK_AGAIN_MS) : asked(call, reason, HANGS_AFTER_MS);
  }

  /** Gives up the call that hangs for longest, where there is no place. */
  #makeWay(): boolean {
    const now = this.#options.now();
    if (this.#busyWith() >= HELD_AT_MOST) return false;
    const hanging = [...this.#open].find(([, open]) => this.#isHanging(open));
    if (hanging === undefined || now - this.#madeWayAt < MAKES_WAY_EVERY_MS) return false;
    this.#madeWayAt = now;
    const [upstream, open] = hanging;
    this.#open.delete(upstream);
    open.giveUp.abort();
    return true;
  }

  /** @returns how long the upstream is left alone, in ms */
  #pause(upstream: string, { startedAt }: OpenCall): number {
    const now = this.#options.now();
    const ms = Math.min(2 * (this.#pauses.get(upstream)?.ms ?? FIRST_PAUSE_MS / 2), LONGEST_PAUSE_MS);
    this.#pauses.set(upstream, { ms, until: now + ms });
    this.#givenUp.push({ upstream, until: startedAt + HELD_FOR_MS });
    return ms;
  }

  /** An upstream that answers hangs no more, and what was given up of its calls is over, too. */
  #answered(upstream: string): void {
    this.#pauses.delete(upstream);
    this.#givenUp = this.#givenUp.filter((given) => given.upstream !== upstream);
  }

  /** Tells as many mirrors as there are places for that their turn has come. */
  #callNext(upstream: string): void {
    if (!this.#pauses.has(upstream)) this.#sameUpstream.callNext(upstream);
    this.#line.next(OPEN_AT_MOST - this.#open.size);
    for (const mirror of this.#arrivals.next(OPEN_AT_MOST - this.#open.size)) this.#options.onTurn(mirror);
  }

  /** How many calls Harbor may be busy with. */
  #busyWith(): number {
    this.#givenUp = this.#givenUp.filter(({ until }) => until > this.#options.now());
    return this.#open.size + this.#givenUp.length;
  }

  /** Whether any call hangs. */
  #hangs(): boolean {
    return [...this.#open.values()].some((open) => this.#isHanging(open));
  }

  #isHanging({ startedAt }: OpenCall): boolean {
    return this.#options.now() - startedAt >= HANGS_AFTER_MS;
  }
}

/** Whether Harbor may go on with it although nobody waits for the answer: a proxy in front of it gives up with a 504. */
function wasGivenUp({ kind, status }: HarborError): boolean {
  return kind === 'timeout' || kind === 'aborted' || status === 504;
}
