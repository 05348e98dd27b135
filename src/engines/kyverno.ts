import type { Engine } from './engine.js';

/** What all engines of Kyverno have in common. */
export const KYVERNO = {
  requires: 'Kyverno',
  isKyverno: true,
  delays: {
    settleMs: 0,
    // For a webhook to be registered: it was seen to take 2 s. After that, Kyverno's silence says that it isn't there (uninstalled, say).
    silenceMs: 10_000,
    // The webhook shows what one of its replicas has done; each of the others hears of a policy's change for itself, and goes on by what it
    // knew until then.
    spreadMs: 1_000,
    // Several API servers learn of a webhook's change one after the other, and Kyverno refuses the Pods that are still sent to it for a
    // policy that it can't find.
    retireMs: 1_000,
    // Kyverno registers the webhook and compiles the policy side by side, and each of its replicas compiles for itself: an image that
    // the new policy is too late for, the old one still rewrites.
    lingerMs: 1_000,
  },
  // Kyverno says Ready some seconds before its webhook is registered; the content's hash in the webhook's match condition can't be
  // there too early.
  isEffective: ({ contentHash }, shown) => contentHash !== undefined && shown.has(contentHash),
} as const satisfies Partial<Engine>;
