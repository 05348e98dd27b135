import { canonicalJson } from '../engines/syntax/digest.js';
import { Turn } from '../clock/turn.js';
import { applyWrite } from './apply.js';
import { concernedBy } from './concerned.js';
import type { Moment } from './concerned.js';
import { Decisions } from './timing/decisions.js';
import { paceOf } from './timing/pace.js';
import { desiredPolicies } from './desired/desired.js';
import { NOTHING_YET } from './memory.js';
import type { Memory } from './memory.js';
import { observe } from './observe/picture.js';
import type { Picture } from './observe/picture.js';
import { placePolicies, weighAll } from './desired/place.js';
import { actingSince } from './plan/acting.js';
import { injectedPrefixes, injectsAlone } from './questions/injecting.js';
import { planPolicies } from './plan/plan.js';
import type { Plan } from './plan/plan.js';
import { CachingRenderer } from './desired/renderer.js';
import type { PoliciesOptions } from './options.js';
import { outdatedForMs } from './questions/outdated.js';
import { sentTo } from './questions/senders.js';
import { leadsTo, maySendElsewhere, maySendTo } from './questions/sending.js';
import type { Place } from './questions/sending.js';
import { hasLeft, isAnother, servedState, servesClaim, standing } from './questions/standing.js';
import type { ServedClaim, StandingInput } from './questions/standing.js';
import { Sightings } from './sightings.js';
import { isSameState } from './state.js';
import type { PolicyState, RoutingDecision, ServedState } from './state.js';
import { withVanished } from './vanished.js';

/**
 * All policies: observe, plan, apply. A mirror's decision only marks the policies as due; one sync then writes what all decisions since the
 * last one come to. Questions change nothing.
 */
export class Policies {
  readonly #options: PoliciesOptions;
  readonly #renderer: CachingRenderer;
  readonly #decisions = new Decisions();
  readonly #seen: Sightings;
  #memory: Memory;
  #picture: Picture | undefined;
  #isPictureOld = false;
  /** When all states were last looked at. */
  #looked: Moment | undefined;
  readonly #turn = new Turn();
  #isWaiting = false;

  constructor(options: PoliciesOptions) {
    this.#options = options;
    this.#memory = { ...NOTHING_YET, since: options.now() };
    this.#seen = new Sightings(options.now);
    this.#renderer = new CachingRenderer(options.excludedNamespaces);
  }

  /** Takes a mirror's decision in; a sync is due where it changes anything. */
  decide(mirror: string, decision: RoutingDecision): void {
    if (!this.#seen.has(mirror)) this.#look(mirror);
    const before = this.#decisions.of(mirror);
    // It stays as decided, which may not be written yet.
    if (before.kind === 'withdraw' && decision.kind === 'unchanged') return;
    if (canonicalJson(before) === canonicalJson(decision)) return;
    const pace = paceOf({ ...this.#asked(mirror), decision });
    this.#decisions.set(mirror, decision, pace === 'together');
    this.#look(mirror);
    this.#options.onDue(pace);
  }

  /** The mirror's object is gone. */
  forget(mirror: string): void {
    this.#decisions.forget(mirror);
    this.#seen.forget(mirror);
    if (this.#memory.placed.has(mirror)) this.#options.onDue('soon');
  }

  /** How the mirror stands now. */
  state(mirror: string): PolicyState {
    return this.#seen.withTime(mirror, standing(this.#asked(mirror)));
  }

  /** What Pods are sent to for the mirror, as far as it is in a policy or about to be. */
  served(mirror: string): ServedState {
    return servedState(this.#asked(mirror));
  }

  /** Whether new Pods are sent through exactly this pull prefix for this mirror. */
  servesThrough(mirror: string, pullPrefix: string): boolean {
    const decision = this.#decisions.of(mirror);
    if (decision.kind === 'withdraw' || this.state(mirror).kind !== 'inForce') return false;
    const served = decision.kind === 'include' ? decision : this.served(mirror);
    return 'entry' in served && served.entry.pullPrefix === pullPrefix;
  }

  /** Whether the mirror is in a policy, or about to be. */
  has(mirror: string): boolean {
    return this.served(mirror).kind === 'served';
  }

  /** The pull prefixes that any policy in the cluster, or one that is about to be, gives Pods pull Secrets for. */
  injectedPrefixes(name: string): ReadonlySet<string> {
    return injectedPrefixes({ name, picture: this.#observe(), memory: this.#memory });
  }

  /** Whether new Pods are sent through this pull prefix for this mirror, and by no policy that is there through another one. */
  servesOnlyThrough(name: string, pullPrefix: string): boolean {
    return this.servesThrough(name, pullPrefix) && !maySendElsewhere({ ...this.#asked(name), place: { pullPrefix } });
  }

  /** Whether new Pods are sent through this pull prefix alone for this mirror, and all policies and replicas that do so give them the pull Secret for it. */
  injects(name: string, pullPrefix: string): boolean {
    const isAlone = this.servesOnlyThrough(name, pullPrefix) && injectsAlone({ name, picture: this.#observe() });
    return isAlone && this.outdatedForMs(name) === 0;
  }

  /**
   * Whether new Pods may be sent to this place for the mirror, by whatever policy: by one that it belongs into, that it moved out of, or that
   * can't be read.
   */
  maySendTo(name: string, place: Place): boolean {
    const { kind } = this.state(name);
    if (kind === 'pending' || kind === 'unknown' || this.outdatedForMs(name) > 0) return true;
    const served = this.served(name);
    if (served.kind === 'served' && leadsTo(place, served.entry)) return true;
    return maySendTo({ ...this.#asked(name), place });
  }

  /** The mirrors that new Pods may be sent to a project of this name for, in whatever Harbor. */
  sentTo(project: string): ReadonlySet<string> {
    return sentTo(project, { picture: this.#observe(), memory: this.#memory, now: this.#options.now() });
  }

  /** For how many ms still new Pods may be sent where they were before, although the mirror's state says how it is to be; Infinity: nobody knows yet. */
  outdatedForMs(name: string): number {
    return outdatedForMs(this.#asked(name));
  }

  /** Whether the policy in the cluster has this host, with these repositories of it, for this mirror. */
  serves({ mirror, ...claim }: ServedClaim & { readonly mirror: string }): boolean | 'unknown' {
    return servesClaim(this.served(mirror), claim);
  }

  /** Something that states depend on changed in the cluster: policies or webhooks. */
  observe(): void {
    this.#isPictureOld = true;
    this.#lookAtAll();
    if (this.#isWaiting) this.#options.onDue('soon');
  }

  /**
   * Writes what differs. A mirror that moves to another policy stays in the old one until the new one is in force.
   *
   * @param isWhole - whether what can wait is let in, too
   * @returns after how many ms to sync again if nothing happens until then; Infinity where time alone changes nothing
   */
  async sync(isWhole = true): Promise<number> {
    this.#decisions.letIn((mirror) => isWhole || hasLeft(this.#asked(mirror)));
    this.#isPictureOld = true;
    const { looked, ...plan } = await this.#plan();
    this.#memory = plan.memory;
    // What was seen while the plan took a breath is not in its memory, such as a policy that somebody took away.
    if (this.#looked !== looked) {
      this.#looked = looked;
      this.#lookAtAll();
    }
    this.#isWaiting = plan.isWaiting;
    const picture = this.#observe();
    const remember = (change: (memory: Memory) => Memory): void => {
      this.#memory = change(this.#memory);
      this.#isPictureOld = true;
    };
    for (const write of plan.writes) {
      await this.#turn.breathe();
      // Decided otherwise while earlier policies were written: the next sync plans it anew.
      if (write.kind === 'apply' && write.policy.entries.some(({ mirror }) => this.#isOut(mirror))) continue;
      await applyWrite(write, picture, remember, this.#options);
    }
    await this.#turn.breathe();
    this.#lookAtAll();
    // What comes after a write depends on its answer.
    return plan.writes.length > 0 ? 0 : plan.wakeInMs;
  }

  /** Plans by what is remembered, which is as it was at the last look then. */
  async #plan(): Promise<Plan & { readonly looked: Moment | undefined }> {
    const { mirrors, now, mirrorsPerPolicy } = this.#options;
    const picture = this.#observe();
    const desired = desiredPolicies(mirrors.mirrors(), this.#decisions.letInSoFar(), picture, this.#memory);
    await weighAll(desired, this.#turn);
    const looked = this.#looked;
    const placing = placePolicies(desired, picture, this.#memory, { now: now(), mirrorsPerPolicy });
    const renderer = this.#renderer.with(placing.entries, (name) => mirrors.mirror(name)?.metadata);
    await this.#renderer.prepare(renderer, placing.groups, this.#turn);
    return { ...planPolicies(placing, renderer, picture, now()), looked };
  }

  /** The picture of the last change that was told of. */
  #observe(): Picture {
    const { cluster, mirrors, autoEngines } = this.#options;
    if (this.#picture === undefined || this.#isPictureOld)
      this.#picture = observe(cluster, { mirrors: mirrors.mirrors(), autoEngines, before: this.#picture });
    this.#isPictureOld = false;
    return this.#picture;
  }

  #isOut(mirror: string): boolean {
    const asked = this.#asked(mirror);
    return this.#decisions.isWithdrawn(mirror) || hasLeft(asked) || isAnother(asked);
  }

  /** At all whose state may be another than it was. */
  #lookAtAll(): void {
    const picture = this.#observe();
    const now = this.#options.now();
    const memory = withVanished(this.#memory, picture, now);
    const concerned = concernedBy(this.#looked, { picture, memory });
    this.#memory = { ...memory, acting: actingSince(picture, memory, now, concerned) };
    this.#looked = { picture, memory: this.#memory };
    for (const mirror of new Set([...this.#seen.mirrors(), ...this.#decisions.mirrors()])) {
      const before = this.#seen.of(mirror);
      if (concerned?.has(mirror) === false && (before?.kind === 'inForce' || before?.kind === 'absent')) continue;
      const after = this.#look(mirror);
      if (before === undefined || !isSameState(before, after)) this.#options.onStateChange(mirror, after);
    }
  }

  #look(mirror: string): PolicyState {
    const state = standing(this.#asked(mirror));
    this.#seen.note(mirror, state);
    return state;
  }

  /** All that counts for how a mirror stands. */
  #asked(name: string): StandingInput {
    const { mirrors, now } = this.#options;
    const decision = this.#decisions.of(name);
    return { name, mirror: mirrors.mirror(name), decision, picture: this.#observe(), memory: this.#memory, now: now() };
  }
}
