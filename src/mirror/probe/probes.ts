import { findCondition } from '../../api/conditions.js';
import { REASONS } from '../../api/reasons.js';
import type { Reason } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { optionalDefaults } from '../../api/spec/defaults.generated.js';
import { parseDuration } from '../../api/spec/duration.js';
import type { Read } from '../../credentials/secrets.js';
import type { HarborApi } from '../../harbor/api.js';
import type { PullLogin } from '../../harbor/http/call.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { Availability } from '../../harbor/session/facts.js';
import type { HarborFindings } from '../look/findings.js';
import { findingOf, loginMissing, UNASKED } from './finding.js';
import type { ProbeFinding } from './finding.js';
import { Places } from './places.js';
import { Probe } from './probe.js';
import { occasionOf, placeOf, questionOf, subjectOf } from './question.js';
import type { Place, Question } from './question.js';
import { NOTHING_TOLD } from './schedule.js';
import type { Standing } from './schedule.js';

/** A Harbor that can be asked. */
export interface AskedSession {
  readonly url: string;
  readonly client: Pick<HarborApi, 'askAsNode'>;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly facts: { readonly availability: { readonly kind: Availability['kind'] } };
}

interface ProbesOptions {
  readonly harbors: { sessionFor(mirror: RegistryMirror): Read<AskedSession> };
  /** What the mirror's Pods log in with for this pull prefix of this Harbor, and there only; undefined: nothing yet. */
  readonly loginFor: (mirror: RegistryMirror, harborUrl: string, pullPrefix: string) => PullLogin | undefined;
  readonly minIntervalMs: number;
  /** From 0 (in) to 1 (out). */
  readonly random: () => number;
  /** There is something new to say of this mirror. */
  readonly onNews: (mirror: string) => void;
  /** An image was asked for, and this came of it. */
  readonly onProbe: (reason: Reason) => void;
  readonly onBug: (mirror: string, error: unknown) => void;
}

interface Probed {
  /** As the last look had it. */
  mirror: RegistryMirror;
  place: Place;
  occasion: string;
  readonly subject: string;
  readonly probe: Probe;
}

/** Asks the caches for the images that mirrors name, as nodes would. A look says what there is to ask, and hears what came of it; none waits for it. */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #probed = new Map<string, Probed>();
  /** By Harbor's url. */
  readonly #places = new Map<string, Places>();
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  /** Goes behind the look at a mirror's Harbor side. @returns what is to be said; undefined without a probe */
  settle(mirror: RegistryMirror, harbor: HarborFindings | undefined): ProbeFinding | undefined {
    const { name } = mirror.metadata;
    const known = this.#probed.get(name);
    const place = placeOf(harbor) ?? known?.place;
    if (mirror.spec.probe === undefined) {
      this.forget(name);
      return undefined;
    }
    if (place === undefined) return saidBefore(mirror) ?? UNASKED.notYet;
    if (typeof place === 'string') {
      this.forget(name);
      return UNASKED[place];
    }
    const question = questionOf(mirror, mirror.spec.probe, place);
    if (question.isPrivate && this.#loginOf(mirror, question) === undefined) {
      this.forget(name);
      return loginMissing(question);
    }
    return this.#settleOn(mirror, place, question, known);
  }

  /** The mirror is gone, or going. */
  forget(name: string): void {
    const known = this.#probed.get(name);
    if (known === undefined) return;
    this.#probed.delete(name);
    const stopping = known.probe.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }

  async stop(): Promise<void> {
    for (const name of [...this.#probed.keys()]) this.forget(name);
    await Promise.all(this.#stopping);
  }

  #settleOn(mirror: RegistryMirror, place: Place, question: Question, known: Probed | undefined): ProbeFinding {
    const { name } = mirror.metadata;
    const subject = subjectOf(question);
    const occasion = occasionOf(mirror, place);
    if (known?.subject === subject) {
      const isDue = known.occasion !== occasion;
      known.mirror = mirror;
      known.place = place;
      known.occasion = occasion;
      if (isDue) known.probe.hurry();
      return known.probe.told ?? UNASKED.notYet;
    }
    // After a restart of the operator, what the status says stands until the image's turn comes: thousands don't come at once.
    const before = known === undefined ? saidBefore(mirror) : undefined;
    this.forget(name);
    const standing = before === undefined ? NOTHING_TOLD : { ...NOTHING_TOLD, told: before };
    const probe = this.#start(
      name,
      standing,
      before === undefined ? 0 : this.#options.random() * this.#intervalMs(mirror),
    );
    this.#probed.set(name, { mirror, place, occasion, subject, probe });
    return before ?? UNASKED.notYet;
  }

  #start(name: string, standing: Standing, firstInMs: number): Probe {
    const { onNews, onBug, random } = this.#options;
    return new Probe(
      {
        ask: async (signal) => await this.#ask(name, signal),
        intervalMs: () => this.#intervalMs(this.#probed.get(name)?.mirror),
        onNews: () => {
          onNews(name);
        },
        onBug: (error) => {
          onBug(name, error);
        },
        random,
      },
      standing,
      firstInMs,
    );
  }

  async #ask(name: string, signal: AbortSignal): Promise<ProbeFinding | undefined> {
    const { mirror, place } = this.#probed.get(name) ?? {};
    if (mirror?.spec.probe === undefined || place === undefined) return undefined;
    const found = this.#options.harbors.sessionFor(mirror);
    if (!found.ok) return undefined;
    const session = found.value;
    // It is another Harbor's where spec.harbor was edited a moment ago: the next look tells what there is to ask.
    if (session.url !== place.harbor || session.facts.availability.kind === 'down') return undefined;
    const question = questionOf(mirror, mirror.spec.probe, place);
    const login = question.isPrivate ? this.#loginOf(mirror, question) : undefined;
    if (question.isPrivate && login === undefined) return loginMissing(question);
    const finding = await this.#answer(session, question, login, signal);
    if (finding !== undefined) this.#options.onProbe(finding.reason);
    return finding;
  }

  async #answer(
    session: AskedSession,
    question: Question,
    login: PullLogin | undefined,
    signal: AbortSignal,
  ): Promise<ProbeFinding | undefined> {
    const { client, url } = session;
    const places = this.#places.get(url) ?? new Places();
    this.#places.set(url, places);
    const asked = { ...question, ...(login === undefined ? {} : { login }) };
    try {
      return findingOf(await places.run(async () => await client.askAsNode(asked, { signal }), signal), question);
    } catch (error) {
      // A session that ends, for one with another login, takes its connections along: that says nothing of Harbor.
      if (signal.aborted || session.signal.aborted) return undefined;
      if (!(error instanceof HarborError)) throw error;
      return findingOf(error, question);
    } finally {
      if (places.isIdle && this.#places.get(url) === places) this.#places.delete(url);
    }
  }

  #loginOf(mirror: RegistryMirror, { harbor, pullPrefix }: Question): PullLogin | undefined {
    return this.#options.loginFor(mirror, harbor, pullPrefix);
  }

  #intervalMs(mirror: RegistryMirror | undefined): number {
    return Math.max(
      this.#options.minIntervalMs,
      parseDuration(mirror?.spec.probe?.interval ?? optionalDefaults.probe.interval),
    );
  }
}

/** What an operator of before found, by a status that speaks of the present spec. */
function saidBefore({ metadata, status }: RegistryMirror): ProbeFinding | undefined {
  const said = findCondition(status.conditions, 'ProbeSucceeded');
  if (said === undefined || said.status === 'Unknown' || status.observedGeneration !== metadata.generation) {
    return undefined;
  }
  const reason = Object.values(REASONS).find((known) => known === said.reason);
  return reason === undefined ? undefined : { status: said.status, reason, message: said.message };
}
