import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Policies } from '../../policies/policies.js';
import { Since } from '../../clock/since.js';

export interface HandoverOptions {
  readonly policies: Pick<Policies, 'servesThrough'>;
  /** How long what new Pods are not sent to any more stays: Pods that were made before may have yet to pull. */
  readonly retireAfterMs: number;
  /** ms since 1970. */
  readonly now: () => number;
}

/** When what a mirror served from before can go. */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #since: Since;

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#since = new Since(options.now);
  }

  /**
   * @param pullPrefix - `host[:port]/project` that the mirror is to serve from now
   * @returns ms until what it served from before can go; undefined while new Pods are not sent to the present one
   */
  dueInMs({ metadata, spec }: RegistryMirror, pullPrefix: string): number | undefined {
    const { policies, retireAfterMs } = this.#options;
    if (spec.rewrite.engine === 'None') return 0;
    const serves = policies.servesThrough(metadata.name, pullPrefix);
    const elapsedMs = this.#since.elapsed(metadata.name, serves ? pullPrefix : undefined);
    return serves ? Math.max(0, retireAfterMs - elapsedMs) : undefined;
  }
}
