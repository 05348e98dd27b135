import { ANNOTATIONS } from '../../src/api/group.js';
import { ENGINES } from '../../src/engines/engines.js';
import { readEntries } from '../../src/engines/metadata/annotations.js';
import type { KubernetesObject } from '../../src/kubernetes/objects.js';
import { requestOf } from './audited-writes.js';
import type { AuditedWrite } from './audited-writes.js';

/** The steps that say where the images of each host are pulled from: of a ClusterPolicy, and of the others. */
const STEPS: ReadonlySet<string> = new Set(['mirrors', 'covered', 'pullPrefixes', 'targets']);

/** A policy, as far as it has these steps. Whoever may edit it may have taken any of it away. */
interface Policy extends KubernetesObject {
  readonly spec: {
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly rules?: readonly { readonly mutate?: { readonly foreach?: readonly Loop[] } }[];
  };
}

interface Loop {
  readonly context?: readonly {
    readonly name: string;
    readonly variable?: { readonly value?: unknown; readonly jmesPath?: string };
  }[];
}

/**
 * A write of a policy in a form that one can read: who wrote it over which version, which version came of it, the mirrors that it then lists, the names of its match
 * conditions, and where it sends images. Of a write that was refused, what was sent.
 */
export function describePolicyWrite(write: AuditedWrite): Readonly<Record<string, unknown>> {
  const { requestObject: sent, responseObject: answer } = write;
  const policy = [answer, sent].find(isPolicy);
  return {
    ...requestOf(write),
    over: versionBefore(sent),
    resourceVersion: isPolicy(answer) ? answer.metadata.resourceVersion : undefined,
    ...(policy === undefined ? {} : contentOf(policy, write)),
  };
}

function contentOf(policy: Policy, { objectRef }: AuditedWrite): Readonly<Record<string, unknown>> {
  const engine = Object.values(ENGINES).find(({ resource }) => resource.plural === objectRef?.resource);
  const conditions = (engine?.matchConditions(policy) ?? []) as readonly { readonly name: string }[];
  return {
    mirrors: readEntries(policy) ?? policy.metadata.annotations?.[ANNOTATIONS.mirrors],
    conditions: conditions.map(({ name }) => name),
    steps: Object.fromEntries(stepsOf(policy).filter(([name]) => STEPS.has(name))),
  };
}

/** Of a ClusterPolicy, those of the first rule, which is for new Pods. */
function stepsOf({ spec: { variables = [], rules = [] } }: Policy): readonly (readonly [string, unknown])[] {
  const context = rules[0]?.mutate?.foreach?.[0]?.context ?? [];
  return [
    ...variables.map(({ name, expression }) => [name, expression] as const),
    ...context.map(({ name, variable }) => [name, variable?.value ?? variable?.jmesPath] as const),
  ];
}

/** The version that the writer knew, where it would have been refused over any other. */
function versionBefore(sent: unknown): unknown {
  if (isPolicy(sent)) return sent.metadata.resourceVersion;
  if (!Array.isArray(sent)) return undefined;
  const operations = sent as readonly { readonly path?: string; readonly value?: unknown }[];
  return operations.find(({ path }) => path === '/metadata/resourceVersion')?.value;
}

function isPolicy(object: unknown): object is Policy {
  return (
    typeof object === 'object' &&
    object !== null &&
    'metadata' in object &&
    'spec' in object &&
    typeof object.spec === 'object'
  );
}
