import { literalPrefixes } from '../../../src/mirror/claims/conflicts.js';
import type { Claim } from '../../../src/mirror/claims/conflicts.js';
import type { MirrorPolicies } from '../../../src/mirror/reconcile.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { leadsTo } from '../../../src/policies/questions/sending.js';
import type { Place } from '../../../src/policies/questions/sending.js';
import type { Emptied, PolicyState, RoutingDecision, ServedState } from '../../../src/policies/state.js';

type Entry = Extract<RoutingDecision, { kind: 'include' }>['entry'];

const SETTINGS = { engine: 'ClusterPolicy' } as PolicySettings;
const POLICY = { kind: 'ClusterPolicy', name: 'registry-mirrors-lab' } as const;

/** The policies: what was decided is in force when the test says so, and not before. */
export class LabPolicies implements MirrorPolicies {
  readonly #wanted = new Map<string, Entry | undefined>();
  readonly #inForce = new Map<string, Entry>();
  /** For how long what is not in force yet has been so. */
  pendingForMs = 60_000;
  /** The policy that a mirror was the last of, while that is still there. */
  emptied: Emptied | undefined;
  /** Whether the operator can read the policies. */
  isKnown = true;
  /** For how long still what was in force before may be. */
  outdatedMs = 0;

  /** The API server acts on what was decided. */
  takeEffect(): void {
    for (const [mirror, entry] of this.#wanted) {
      if (entry === undefined) this.#inForce.delete(mirror);
      else this.#inForce.set(mirror, entry);
    }
  }

  /** `host[:port]/project` that new Pods are sent to for this mirror. */
  pullPrefix(mirror: string): string | undefined {
    return this.#inForce.get(mirror)?.pullPrefix;
  }

  decide(mirror: string, decision: RoutingDecision): void {
    if (decision.kind === 'unchanged') return;
    this.#wanted.set(mirror, decision.kind === 'include' ? decision.entry : undefined);
  }

  forget(mirror: string): void {
    this.#wanted.set(mirror, undefined);
  }

  state(mirror: string): PolicyState {
    if (!this.isKnown) return { kind: 'unknown', forMs: 60_000, message: 'not read' };
    const [wanted, acting] = [this.#wanted.get(mirror), this.#inForce.get(mirror)];
    if (wanted === undefined)
      return acting === undefined
        ? { kind: 'absent', ...(this.emptied && { emptied: this.emptied }) }
        : { kind: 'pending', forMs: this.pendingForMs };
    const isActing = JSON.stringify(wanted) === JSON.stringify(acting);
    return isActing
      ? { kind: 'inForce', policy: POLICY }
      : { kind: 'pending', forMs: this.pendingForMs, policy: POLICY };
  }

  outdatedForMs(): number {
    return this.outdatedMs;
  }

  has(mirror: string): boolean {
    return this.#served(mirror) !== undefined;
  }

  served(mirror: string): ServedState {
    if (!this.isKnown) return { kind: 'unknown', message: 'not read' };
    const entry = this.#served(mirror);
    return entry === undefined ? { kind: 'none' } : { kind: 'served', entry, settings: SETTINGS };
  }

  serves({ mirror, host, prefix }: Claim): boolean | 'unknown' {
    if (!this.isKnown) return 'unknown';
    const entry = this.#served(mirror);
    return entry !== undefined && entry.hosts.includes(host) && literalPrefixes(entry.include).includes(prefix);
  }

  servesThrough(mirror: string, pullPrefix: string): boolean {
    return this.state(mirror).kind === 'inForce' && this.pullPrefix(mirror) === pullPrefix;
  }

  servesOnlyThrough(mirror: string, pullPrefix: string): boolean {
    return this.servesThrough(mirror, pullPrefix);
  }

  maySendTo(mirror: string, place: Place): boolean {
    if (['pending', 'unknown'].includes(this.state(mirror).kind)) return true;
    return [this.#wanted, this.#inForce].some((entries) => {
      const entry = entries.get(mirror);
      return entry !== undefined && leadsTo(place, entry);
    });
  }

  sentTo(project: string): ReadonlySet<string> {
    const sent = [...this.#inForce].filter(([, { pullPrefix }]) => pullPrefix.endsWith(`/${project}`));
    return new Set(sent.map(([name]) => name));
  }

  injects(mirror: string, pullPrefix: string): boolean {
    return this.servesThrough(mirror, pullPrefix);
  }

  #served(mirror: string): Entry | undefined {
    return this.#inForce.get(mirror) ?? this.#wanted.get(mirror);
  }
}
