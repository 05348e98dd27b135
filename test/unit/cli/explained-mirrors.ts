import { withDefaults } from '../../../src/api/spec/defaults.js';
import { API_VERSION, KIND } from '../../../src/api/group.js';
import type { Condition, RegistryMirror } from '../../../src/api/registry-mirror.js';
import type { servedEntries } from '../../../src/cli/explain/in-force.js';
import { policyEntry } from '../../../src/engines/entry.js';
import { namesEngine } from '../../../src/engines/auto.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { policySettings } from '../../../src/engines/settings.js';

export const SINCE = '2026-01-02T00:00:00.000Z';

export function mirror(name: string, spec: object, conditions: readonly Partial<Condition>[] = []): RegistryMirror {
  const written = { apiVersion: API_VERSION, kind: KIND, metadata: { name, creationTimestamp: SINCE }, spec } as const;
  const full = conditions.map((condition) => ({
    type: 'Ready',
    status: 'False',
    reason: 'X',
    message: '',
    lastTransitionTime: SINCE,
    ...condition,
  })) as Condition[];
  return {
    ...withDefaults(written),
    status: { observedGeneration: 1, pullPrefix: `h.test/${name}`, conditions: full },
  };
}

export const inForce = { type: 'PolicyReady', status: 'True', reason: 'InForce' } as const;
export const hub = (rewrite: object = {}): RegistryMirror =>
  mirror('hub', { upstream: { type: 'docker-hub' }, rewrite }, [inForce]);

/** The cluster's policies as they are with these mirrors in force. */
export function policiesOf(mirrors: readonly RegistryMirror[]): Parameters<typeof servedEntries>[1] {
  const placed = mirrors.flatMap((each) => {
    const settings = policySettings(each.spec);
    if (settings === undefined || !namesEngine(settings)) return [];
    return [{ entry: policyEntry(each, `h.test/${each.metadata.name}`), settings }];
  });
  const rendered = renderPolicies(placed, { excludedNamespaces: ['kube-*', 'cattle-*-x', 'harbor'] });
  const policies = rendered.map(({ kind, object, binding }) => ({
    kind,
    object,
    ...(binding === undefined ? {} : { binding }),
  }));
  return { policies, webhooks: undefined };
}
