import { within } from '../../../clock/pause.js';

/** A look waits so long for an answer. */
const PATIENCE_MS = 1000;
/** So long an answer that came late waits for the look that it is for. */
const KEPT_FOR_MS = 10_000;

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

interface Question<T> {
  /** What was asked: another question does not get its answer. */
  readonly asked: string;
  readonly since: number;
  readonly outcome: Promise<Outcome<T>>;
  /** Whether somebody has stopped waiting for it, and is told when it comes. */
  isGivenUp?: boolean;
  /** Once it came, and nobody waited for it. */
  late?: { readonly outcome: Outcome<T>; readonly at: number };
}

interface LateAnswersOptions {
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
  readonly patienceMs?: number;
}

/** What came instead of an answer: none yet, for so long. */
interface NotYet {
  readonly kind: 'notYet';
  readonly elapsedMs: number;
}

/** Answers that take longer than who asks wants to wait: they are kept for when the same is asked again. */
export class LateAnswers<T> {
  readonly #now: () => number;
  readonly #patienceMs: number;
  readonly #questions = new Map<string, Question<T>>();

  constructor({ now, patienceMs = PATIENCE_MS }: LateAnswersOptions) {
    this.#now = now;
    this.#patienceMs = patienceMs;
  }

  /**
   * Asks, or goes on waiting for the answer to what was asked before.
   *
   * @param key - who asks, and whom: there is one question at a time
   * @param onLate - told when an answer has come that nobody waits for
   * @throws what `ask` does
   */
  async get(key: string, asked: string, ask: () => Promise<T>, onLate: () => void): Promise<T | NotYet> {
    const known = this.#questions.get(key);
    const isSame = known?.asked === asked && !(known.late !== undefined && this.#now() - known.late.at > KEPT_FOR_MS);
    const question = isSame ? known : this.#start(key, asked, ask);
    const outcome = question.late?.outcome ?? (await within(this.#patienceMs, question.outcome));
    if (outcome === undefined) {
      this.#giveUp(question, onLate);
      return { kind: 'notYet', elapsedMs: this.#now() - question.since };
    }
    if (this.#questions.get(key) === question) this.#questions.delete(key);
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  /** Forgets answers that nobody came for. */
  prune(): void {
    for (const [key, { late }] of this.#questions) {
      if (late !== undefined && this.#now() - late.at > KEPT_FOR_MS) this.#questions.delete(key);
    }
  }

  #start(key: string, asked: string, ask: () => Promise<T>): Question<T> {
    const outcome = settled(ask());
    const question: Question<T> = { asked, since: this.#now(), outcome };
    this.#questions.set(key, question);
    return question;
  }

  /** Only who stopped waiting is told, and always: no clock says whether it was in time. */
  #giveUp(question: Question<T>, onLate: () => void): void {
    if (question.isGivenUp === true) return;
    question.isGivenUp = true;
    void question.outcome.then((came) => {
      question.late = { outcome: came, at: this.#now() };
      onLate();
    });
  }
}

async function settled<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return { ok: false, error };
  }
}
