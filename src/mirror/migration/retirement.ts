import type { RegistryMirror } from '../../api/registry-mirror.js';
import { Since } from '../../clock/since.js';
import type { Policies } from '../../policies/policies.js';

/** How long a policy may take to let go of a mirror that has moved to another one. */
const LETS_GO_MS = 3000;

interface RetirementOptions {
  readonly policies: Pick<Policies, 'servesThrough' | 'servesOnlyThrough' | 'state' | 'outdatedForMs'>;
  /** How long what new Pods are not sent to any more stays: Pods that were made before may have yet to pull. */
  readonly retireAfterMs: number;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
}

/** Since when new Pods are not sent any more to what a mirror served from before. Each look at a mirror takes its state in once. */
export class Retirement {
  readonly #options: RetirementOptions;
  readonly #since: Since;

  constructor(options: RetirementOptions) {
    this.#options = options;
    this.#since = new Since(options.now);
  }

  /**
   * Takes in where new Pods are sent now.
   *
   * @param pullPrefix - `host[:port]/project` that the mirror is to serve from
   * @returns after how many ms what it served from before may go, at the earliest, and this is to be asked again; undefined while nobody knows: an event
   *   tells when new Pods are sent to the new place
   */
  observe({ metadata, spec }: RegistryMirror, pullPrefix: string): number | undefined {
    const { policies, retireAfterMs } = this.#options;
    const { name } = metadata;
    const isRewritten = spec.rewrite.engine !== 'None';
    const isSwitched = isRewritten
      ? policies.servesOnlyThrough(name, pullPrefix)
      : policies.state(name).kind === 'absent';
    const elapsedMs = this.#since.elapsed(name, isSwitched ? pullPrefix : undefined);
    if (isSwitched) return Math.max(0, retireAfterMs - elapsedMs, policies.outdatedForMs(name));
    // Nothing tells of the moment in which a policy lets go of a mirror that another one serves by now.
    return isRewritten && policies.servesThrough(name, pullPrefix) ? LETS_GO_MS : undefined;
  }

  /** The mirror's object is gone. */
  forget(mirror: string): void {
    this.#since.elapsed(mirror, undefined);
  }
}
