import type { RegistryMirror } from '../api/registry-mirror.js';
import { canonicalJson } from '../engines/digest.js';
import type { PlacedEntry } from '../engines/group.js';
import { policySettings } from '../engines/settings.js';
import type { PolicySnapshot } from './snapshot.js';
import type { ServingDecision } from './state.js';

const KEEP: ServingDecision = { kind: 'keep' };

/** What each mirror is to have in the policies: as decided, and as it was where nothing was decided. */
export class Placement {
  readonly #decisions = new Map<string, ServingDecision>();
  /** The last placed entry of each mirror that is to stay as it is. */
  #placed = new Map<string, PlacedEntry>();

  /** @returns whether it changes anything */
  decide(mirror: string, decision: ServingDecision): boolean {
    const before = this.decision(mirror);
    // It stays as decided, which may not be written yet.
    if (before.kind === 'out' && decision.kind === 'keep') return false;
    this.#decisions.set(mirror, decision);
    return canonicalJson(before) !== canonicalJson(decision);
  }

  /** @returns whether the mirror was in a policy */
  forget(mirror: string): boolean {
    this.#decisions.delete(mirror);
    return this.#placed.delete(mirror);
  }

  /** The mirrors that something was decided of. */
  decided(): Iterable<string> {
    return this.#decisions.keys();
  }

  decision(mirror: string): ServingDecision {
    return this.#decisions.get(mirror) ?? KEEP;
  }

  /** What the mirror had when the policies were last worked out. */
  placed(mirror: string): PlacedEntry | undefined {
    return this.#placed.get(mirror);
  }

  /** What the mirror is to have, whether it is written already or not. */
  wanted(mirror: string): PlacedEntry | undefined {
    const decision = this.decision(mirror);
    if (decision.kind === 'out') return undefined;
    return decision.kind === 'serve' ? decision : this.#placed.get(mirror);
  }

  /** Whether a decision comes to what the mirror has. */
  isAsBefore(mirror: string, decision: ServingDecision): boolean {
    if (decision.kind === 'keep') return true;
    const placed = this.#placed.get(mirror);
    if (decision.kind === 'out' || placed === undefined) return false;
    const { entry, settings } = decision;
    return canonicalJson({ entry, settings }) === canonicalJson({ entry: placed.entry, settings: placed.settings });
  }

  /**
   * Works out what every mirror is to have, and remembers it.
   *
   * @param live - what the cluster's policies have
   */
  place(mirrors: readonly RegistryMirror[], live: PolicySnapshot['live']): readonly PlacedEntry[] {
    const placed = mirrors.flatMap((mirror): readonly PlacedEntry[] => {
      const { name } = mirror.metadata;
      const decision = this.decision(name);
      if (decision.kind === 'out') return [];
      if (decision.kind === 'serve') return [{ entry: decision.entry, settings: decision.settings }];
      const before = this.#placed.get(name) ?? live.get(name)?.[0];
      const spec = policySettings(mirror.spec);
      // While suspended, an edit of the settings waits; engine None does not: it is the way to stop at once.
      const settings = mirror.spec.suspend && spec !== undefined ? before?.settings : spec;
      return before === undefined || settings === undefined ? [] : [{ entry: before.entry, settings }];
    });
    this.#placed = new Map(placed.map((item) => [item.entry.mirror, item]));
    return placed;
  }
}
