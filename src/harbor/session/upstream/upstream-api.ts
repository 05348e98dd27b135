import { createHash } from 'node:crypto';
import type { CallOptions, HarborApi } from '../../api.js';
import type { HttpMethod } from '../../http/errors.js';
import { LateAnswers } from './late-answers.js';
import { asked, silent } from './upstream-errors.js';
import type { UpstreamCalls } from './upstream-calls.js';

/** An upstream that hasn't answered for so long is said not to. */
const SILENT_AFTER_MS = 4000;
/** A mirror whose upstream doesn't answer is looked at so often: it is told when there is an answer. */
const LOOK_AGAIN_MS = 60_000;

type Asking = Pick<HarborApi, 'createEndpoint' | 'updateEndpoint' | 'pingEndpoint'>;
type UpstreamAnswer =
  | { readonly kind: 'created'; readonly id: number }
  | { readonly kind: 'updated' }
  | { readonly kind: 'pinged'; readonly reaches: boolean };

/** Whose call it is, and which upstream Harbor asks for it. */
interface UpstreamSubject {
  readonly mirror: string;
  readonly upstream: string;
}

interface UpstreamApiOptions {
  readonly client: HarborApi;
  readonly calls: UpstreamCalls;
  readonly now: () => number;
  /** An answer has come for this mirror's next look. */
  readonly onAnswer: (mirror: string) => void;
}

/** Harbor's API for one mirror, with the calls that Harbor answers only after it has asked the upstream going their own way. */
export class UpstreamApi {
  readonly #options: UpstreamApiOptions;
  readonly #answers: LateAnswers<UpstreamAnswer>;

  constructor(options: UpstreamApiOptions) {
    this.#options = options;
    this.#answers = new LateAnswers(options);
  }

  /**
   * The API for one mirror. A call for which Harbor asks the upstream throws the HarborError `upstreamAsked`, and later `upstreamSilent`, once it takes longer
   * than a second; its answer is kept for a while, and given when the same is asked again.
   */
  for(subject: UpstreamSubject): HarborApi {
    const { client } = this.#options;
    const asking: Asking = {
      createEndpoint: async (endpoint, options) => {
        const place = { method: 'POST', path: '/api/v2.0/registries' } as const;
        const answer = await this.#ask(subject, place, endpoint, options, async (signal) => ({
          kind: 'created',
          id: await client.createEndpoint(endpoint, { signal }),
        }));
        if (answer.kind !== 'created') throw mixedUp(answer);
        return answer.id;
      },
      updateEndpoint: async (id, update, options) => {
        const place = { method: 'PUT', path: `/api/v2.0/registries/${id}` } as const;
        await this.#ask(subject, place, update, options, async (signal) => {
          await client.updateEndpoint(id, update, { signal });
          return { kind: 'updated' };
        });
      },
      pingEndpoint: async (id, options) => {
        const place = { method: 'POST', path: '/api/v2.0/registries/ping' } as const;
        const answer = await this.#ask(subject, place, id, options, async (signal) => ({
          kind: 'pinged',
          reaches: await client.pingEndpoint(id, { signal }),
        }));
        if (answer.kind !== 'pinged') throw mixedUp(answer);
        return answer.reaches;
      },
    };
    return { ...client, ...asking };
  }

  /** Forgets answers that nobody came for. */
  prune(): void {
    this.#answers.prune();
  }

  async #ask(
    { mirror, upstream }: UpstreamSubject,
    place: { readonly method: HttpMethod; readonly path: string },
    argument: unknown,
    { signal: caller }: CallOptions = {},
    send: (signal: AbortSignal) => Promise<UpstreamAnswer>,
  ): Promise<UpstreamAnswer> {
    const { calls, onAnswer } = this.#options;
    // Hashed, so that no password is kept for it.
    const question = createHash('sha256')
      .update(JSON.stringify([place, argument]))
      .digest('base64');
    const answer = await this.#answers.get(
      JSON.stringify([mirror, upstream]),
      question,
      () => calls.send({ ...place, mirror, upstream, send: (signal) => withBoth(signal, caller, send) }),
      () => {
        onAnswer(mirror);
      },
    );
    if (answer.kind !== 'notYet') return answer;
    const { elapsedMs } = answer;
    if (elapsedMs >= SILENT_AFTER_MS) {
      throw silent(place, `Harbor is waiting for an answer of ${upstream}`, LOOK_AGAIN_MS);
    }
    throw asked(place, `Harbor is asking ${upstream}`, SILENT_AFTER_MS - elapsedMs);
  }
}

/** Sends with a signal that either of two aborts. The caller's lives as long as the session, so the listeners are taken off it when the call is over. */
async function withBoth<T>(
  own: AbortSignal,
  caller: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = new AbortController();
  const abort = (): void => {
    either.abort();
  };
  const signals = [own, ...(caller === undefined ? [] : [caller])];
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  }
  try {
    return await send(either.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}

function mixedUp({ kind }: UpstreamAnswer): TypeError {
  return new TypeError(`The answer is of another call: ${kind}.`);
}
