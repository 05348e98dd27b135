import type { RegistryMirror } from '../api/registry-mirror.js';
import { policyEntry } from '../engines/entry.js';
import { policySettings } from '../engines/settings.js';
import type { RoutingDecision } from '../policies/state.js';

/** What decides whether new Pods are sent through a mirror. What is unknown never changes anything. */
export interface RoutingFacts {
  /** The object has a deletionTimestamp. */
  readonly isDeleted: boolean;
  /** Its engine is None. */
  readonly rewritesNothing: boolean;
  /** Another mirror has a host that this one wants. */
  readonly hasLostHost: boolean;
  /** How the Harbor stands that Pods are sent to: `unknown` also where the mirror was moved, and Pods still pull from another one. */
  readonly harbor: 'unknown' | 'up' | 'down';
  /** spec.rewrite.onHarborUnavailable is Withdraw. */
  readonly withdrawsWhileDown: boolean;
  /** Whether Harbor can pull from the upstream, by what has held for a while. `unknown` also where it wasn't looked at. */
  readonly upstream: 'unknown' | 'up' | 'down';
  /** spec.rewrite.onUpstreamUnavailable is Withdraw. */
  readonly withdrawsWithoutUpstream: boolean;
  /** Whether Harbor has the project, and its endpoint, that Pods are sent to now. */
  readonly servedProject: 'unknown' | 'there' | 'gone';
  /** The look ended in sync, with nothing left to do or held back. */
  readonly isInSync: boolean;
  /** Nodes or Pods have what it takes to pull from the project. */
  readonly canPull: boolean;
  readonly isSuspended: boolean;
  /** It was taken out of the policy because Harbor, or the upstream, was down, and for nothing else. */
  readonly wasWithdrawn: boolean;
}

/**
 * - `include`: the policy gets the mirror's entry as its spec has it now.
 * - `unchanged`: what the policy has stays, with the settings that it was written with; nothing is put in.
 * - `withdraw`: out of all policies; new Pods pull from upstream.
 */
export type Route = RoutingDecision['kind'];

interface Rule {
  readonly name: string;
  readonly applies: (facts: RoutingFacts) => boolean;
  readonly route: Route;
}

/**
 * The first rule that applies decides. A serving mirror leaves the policy by the first six and by nothing else: being stalled or waiting never
 * takes it out.
 */
export const ROUTING_RULES: readonly Rule[] = [
  { name: 'it is deleted', applies: ({ isDeleted }) => isDeleted, route: 'withdraw' },
  { name: 'it rewrites nothing', applies: ({ rewritesNothing }) => rewritesNothing, route: 'withdraw' },
  { name: 'another mirror has its host', applies: ({ hasLostHost }) => hasLostHost, route: 'withdraw' },
  {
    name: 'Harbor is down',
    applies: ({ harbor, withdrawsWhileDown }) => harbor === 'down' && withdrawsWhileDown,
    route: 'withdraw',
  },
  {
    name: 'Harbor can pull nothing from the upstream',
    applies: ({ upstream, withdrawsWithoutUpstream }) => upstream === 'down' && withdrawsWithoutUpstream,
    route: 'withdraw',
  },
  {
    name: 'what Pods pull from is gone',
    applies: ({ servedProject, isInSync }) => servedProject === 'gone' && !isInSync,
    route: 'withdraw',
  },
  { name: 'it is not in sync', applies: ({ isInSync }) => !isInSync, route: 'unchanged' },
  { name: 'Pods could not pull', applies: ({ canPull }) => !canPull, route: 'unchanged' },
  {
    name: 'it is suspended',
    applies: ({ isSuspended, wasWithdrawn }) => isSuspended && !wasWithdrawn,
    route: 'unchanged',
  },
];

/** The only place that decides whether a mirror goes into the policy, stays as it is there, or leaves it. Pure. */
export function routeOf(facts: RoutingFacts): Route {
  return ROUTING_RULES.find(({ applies }) => applies(facts))?.route ?? 'include';
}

/**
 * The route as the policies take it.
 *
 * @param pullPrefix - `host[:port]/project` that Pods are sent to; undefined where it isn't known, and then nothing can be included
 */
export function decisionFor(mirror: RegistryMirror, route: Route, pullPrefix: string | undefined): RoutingDecision {
  if (route !== 'include') return { kind: route };
  const settings = policySettings(mirror.spec);
  if (settings === undefined || pullPrefix === undefined) return { kind: 'unchanged' };
  return { kind: 'include', entry: policyEntry(mirror, pullPrefix), settings };
}
