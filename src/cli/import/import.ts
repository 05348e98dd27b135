import { describeAction } from '../../mirror/plan/actions.js';
import type { Action } from '../../mirror/plan/actions.js';
import { findConflicts } from '../../mirror/claims/conflicts.js';
import { desiredState } from '../../mirror/desired/desired.js';
import type { UpstreamSecrets } from '../../credentials/upstream-secrets.js';
import { planHarbor } from '../../mirror/plan/plan.js';
import { importMirror, served } from './mirror.js';
import type { Imported, ImportedMirror, ImportOptions } from './mirror.js';
import type { HarborContent, ProxyProject } from './proxy-project.js';

/** Stands for the password that Harbor doesn't tell; it goes nowhere. */
const UNKNOWN = 'unknown';

/**
 * Mirrors for all proxy-cache projects of a Harbor. Each is put through the operator's own planner: what it would change besides the
 * mark is said with it. Pure.
 */
export function importAll(content: HarborContent, options: ImportOptions): readonly Imported[] {
  const names = new Set<string>();
  const imported = content.projects.map((found) => ({
    found,
    result: importMirror(found, uniqueName(found.project.name, names), options),
  }));
  const mirrors = imported.flatMap(({ result }) => (result.ok ? [result] : []));
  const losers = conflicts(mirrors, options);
  return [
    ...imported.map(({ found, result }): Imported => {
      if (!result.ok) return result;
      const settled = withoutConflict(result, losers.get(result.mirror.metadata.name));
      return { ok: true, ...settled, notes: [...settled.notes, ...surprises(found, settled, content, options)] };
    }),
    ...content.orphans.map((project): Imported => ({ ok: false, project, problem: 'its endpoint was deleted' })),
  ];
}

/** A project's name as an object's: the underscore is the one character that Harbor takes and Kubernetes doesn't. */
function uniqueName(project: string, taken: Set<string>): string {
  const base = project.replaceAll('_', '-').slice(0, 240);
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base}-${count}`;
  taken.add(name);
  return name;
}

/** Projects that hand-made policies send Pods to keep their hosts; of others the first by name. */
function conflicts(mirrors: readonly ImportedMirror[], { policies }: ImportOptions): ReadonlyMap<string, string> {
  const targets = new Set(policies.flatMap((policy) => policy.targets.map(({ project }) => project)));
  const aged = mirrors.map(served).map((mirror) => ({
    ...mirror,
    metadata: {
      ...mirror.metadata,
      creationTimestamp: targets.has(mirror.spec.project.name ?? mirror.metadata.name) ? '1' : '2',
    },
  }));
  const found = findConflicts(aged, () => false);
  return new Map([...found].map(([name, { winner, host }]) => [name, `${winner} already mirrors ${host}`]));
}

function withoutConflict(imported: ImportedMirror, conflict: string | undefined): ImportedMirror {
  if (conflict === undefined) return imported;
  const { mirror, notes } = imported;
  const spec = { ...mirror.spec, rewrite: { engine: 'None' } };
  const note = `${conflict}: this one rewrites nothing (engine None) until rewrite.repositories tells the two apart.`;
  return { ...imported, mirror: { ...mirror, spec }, notes: [...notes, note] };
}

/** What the operator would do besides writing the mark, and the password that it is given anew. */
function surprises(
  found: ProxyProject,
  imported: ImportedMirror,
  { view }: HarborContent,
  { clusterId = UNKNOWN }: ImportOptions,
): readonly string[] {
  const mirror = served(imported);
  const plan = planHarbor({
    desired: desiredState(mirror, assumedSecrets(found, imported), new Set()),
    identity: { clusterId, mirror: mirror.metadata.name },
    adoptionPolicy: mirror.spec.adoptionPolicy,
    known: undefined,
    view,
    retention: found.retention,
  });
  const more = plan.actions.filter((action) => !isOnlyTheMark(action));
  return [
    ...(plan.verdict.kind === 'ready' ? [] : [`The operator would stop at it: ${plan.verdict.message}`]),
    ...(more.length === 0 ? [] : [`Applying it would also ${more.map(describeAction).join('; ')}.`]),
  ];
}

function assumedSecrets({ endpoint }: ProxyProject, { mirror }: ImportedMirror): UpstreamSecrets {
  const { accessKey, caCertificate } = endpoint;
  const upstream = served({ mirror, secrets: [], notes: [] }).spec.upstream;
  return {
    ...(upstream.credentialsSecretRef === undefined || accessKey === undefined
      ? {}
      : { credentials: { accessKey, accessSecret: UNKNOWN }, hmac: UNKNOWN }),
    ...(upstream.caCertificateSecretRef === undefined || caCertificate === undefined ? {} : { caCertificate }),
  };
}

function isOnlyTheMark(action: Action): boolean {
  if (action.kind !== 'UpdateEndpoint') return false;
  return Object.keys(action.update).every((field) => field === 'description' || field === 'credentials');
}
