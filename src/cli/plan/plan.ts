import { findCondition } from '../../api/conditions.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { servedEntries } from '../explain/in-force.js';
import type { Labels } from '../../api/object-meta.js';
import type { PolicyEngine } from '../../engines/settings.js';
import type { Pod } from '../explain/pod.js';
import type { PolicyLook } from '../cluster/live-policies.js';
import type { MirrorPlan, PlannedMirror } from './harbor-side.js';
import type { PlannedMirrors } from './mirrors.js';
import { placedEntries, policyChanges } from './policies.js';
import type { PolicyChange } from './policies.js';
import { podRewrites } from './pods.js';
import type { PodRewrite } from './pods.js';

/** What would come of it, as data. */
export interface Plan {
  readonly objects: PlannedMirrors['changes'];
  readonly harbor: readonly MirrorPlan[];
  readonly policies: readonly PolicyChange[];
  readonly pods: readonly PodRewrite[];
}

interface PlanSources {
  readonly planned: PlannedMirrors;
  readonly look: PolicyLook;
  readonly pods: readonly Pod[];
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly excludedNamespaces: readonly string[];
  readonly mirrorsPerPolicy?: number | undefined;
  /** The engines that Auto may come to. */
  readonly autoEngines: readonly PolicyEngine[];
  readonly harborSide: (mirror: RegistryMirror) => Promise<PlannedMirror>;
}

/** Puts the whole plan together: Harbor, policies, Pods. Reads Harbor through `harborSide`. */
export async function makePlan(sources: PlanSources): Promise<Plan> {
  const { mirrors, changes } = sources.planned;
  const served = servedEntries(mirrors, sources.look);
  const sides: PlannedMirror[] = [];
  for (const mirror of mirrors) {
    const { side, decision } = await sources.harborSide(mirror);
    sides.push({ side: withStatus(side, mirror, changes), decision });
  }
  const decisions = new Map(sides.map(({ side, decision }) => [side.mirror, decision]));
  const placed = placedEntries(mirrors, decisions, served, {
    engines: sources.autoEngines,
    served: sources.look.served,
  });
  return {
    objects: changes,
    harbor: sides.map(({ side }) => side),
    policies: policyChanges(placed, sources.look.policies, sources),
    pods: podRewrites(sources.pods, sources.namespaces, placed, sources.excludedNamespaces),
  };
}

/** With what the operator says of the mirror, where the plan itself finds nothing wrong: only the operator sees its rights in the cluster, and what Harbor answers to a write. */
function withStatus(side: MirrorPlan, { metadata, status }: RegistryMirror, changes: Plan['objects']): MirrorPlan {
  const ready = findCondition(status.conditions, 'Ready');
  const isChanged = changes.some(({ mirror }) => mirror === metadata.name);
  if (isChanged || side.problem !== undefined || ready?.status !== 'False') return side;
  return { ...side, problem: `The operator says (${ready.reason}): ${ready.message}` };
}

/** Whether anything would be written. Pods are never changed: which would have been rewritten is for information. */
export function hasDifferences({ objects, harbor, policies }: Plan): boolean {
  return (
    objects.length > 0 ||
    policies.length > 0 ||
    harbor.some(({ actions, later = [] }) => actions.length + later.length > 0)
  );
}

/** Whether something could not be read, so that the plan may lack a difference. */
export function hasFailures({ harbor }: Plan): boolean {
  return harbor.some(({ failed }) => failed === true);
}

const SHOWN_PODS = 20;

/** The plan for people. Pods of mirrors that the files change come first: who plans a new mirror asks about them. */
export function planLines(plan: Plan, all: boolean): readonly string[] {
  const changed = new Set(plan.objects.map(({ mirror }) => mirror));
  const pods = plan.pods.toSorted((a, b) => Number(changed.has(b.mirror)) - Number(changed.has(a.mirror)));
  const shown = all ? pods : pods.slice(0, SHOWN_PODS);
  const problems = plan.harbor.filter(({ problem }) => problem !== undefined);
  return [
    ...(hasDifferences(plan) || hasFailures(plan) ? [] : ['No changes.']),
    ...section(
      'Harbor:',
      plan.harbor.flatMap(({ mirror, actions, later = [] }) => [
        ...actions.map((action) => `${mirror}: ${action}`),
        ...later.map((action) => `${mirror}: later, when no Pod is sent there any more: ${action}`),
      ]),
    ),
    ...section('Cluster:', [
      ...plan.objects.map(({ action, mirror }) => `${action} RegistryMirror ${mirror}`),
      ...plan.policies.map(policyLine),
    ]),
    ...section(
      'Problems:',
      problems.map(({ mirror, problem = '' }) => `${mirror}: ${problem}`),
    ),
    ...section('Images of present Pods that would have been rewritten:', [
      ...shown.map(podLine),
      ...(shown.length < pods.length ? [`and ${pods.length - shown.length} more; --all shows them`] : []),
    ]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function policyLine({ action, kind, name, mirrors }: PolicyChange): string {
  return mirrors.length === 0 ? `${action} ${kind} ${name}` : `${action} ${kind} ${name} (${mirrors.join(', ')})`;
}

function podLine({ namespace, pod, place, name, image, rewritten, mirror }: PodRewrite): string {
  return `${namespace}/${pod} ${place} ${name}: ${image} -> ${rewritten} (mirror ${mirror})`;
}
