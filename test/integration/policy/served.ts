import type { PolicyObject } from '../../../src/engines/policy.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { wantedVersion } from '../../cluster/versions.js';

const BUILT_IN: Readonly<Record<string, string>> = { '1.36': 'v1', '1.34': 'v1beta1' };
/** Kyverno 1.17 has it, too, but not all that we need of it. */
const CEL: Readonly<Record<string, string>> = { '1.19': 'v1' };

/** In which version the run's cluster serves each engine's policies; undefined where it doesn't. */
const VERSIONS: Readonly<Record<PolicyEngine, string | undefined>> = {
  ClusterPolicy: 'v1',
  MutatingPolicy: CEL[wantedVersion('kyverno')],
  MutatingAdmissionPolicy: BUILT_IN[wantedVersion('kubernetes')],
};

const PLURALS: Readonly<Record<string, readonly [engine: PolicyEngine, plural: string]>> = {
  ClusterPolicy: ['ClusterPolicy', 'clusterpolicies'],
  MutatingPolicy: ['MutatingPolicy', 'mutatingpolicies'],
  MutatingAdmissionPolicy: ['MutatingAdmissionPolicy', 'mutatingadmissionpolicies'],
  MutatingAdmissionPolicyBinding: ['MutatingAdmissionPolicy', 'mutatingadmissionpolicybindings'],
};

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];

/** The engines that the run's cluster can do. */
export const SERVED_ENGINES = ENGINES.filter((engine) => VERSIONS[engine] !== undefined);

/** Whether the run's cluster has such policies. */
export function isServed({ kind }: Pick<PolicyObject, 'kind'>): boolean {
  return SERVED_ENGINES.some((engine) => engine === kind);
}

/** What `kubectl get` and the API's paths call the kinds of them. */
export const SERVED_PLURALS: readonly string[] = Object.values(PLURALS)
  .filter(([engine]) => SERVED_ENGINES.includes(engine))
  .map(([, plural]) => plural);

/** The apiVersion in which the run's cluster has such an object. */
export function servedVersion({ apiVersion, kind }: Pick<PolicyObject, 'apiVersion' | 'kind'>): string {
  const [engine] = PLURALS[kind] ?? [];
  const version = engine === undefined ? undefined : VERSIONS[engine];
  if (version === undefined) throw new Error(`This cluster has no ${kind}.`);
  return `${apiVersion.split('/')[0] ?? ''}/${version}`;
}

/** The path of the collection of such objects. */
export function collectionOf(object: Pick<PolicyObject, 'apiVersion' | 'kind'>): string {
  const [, plural = ''] = PLURALS[object.kind] ?? [];
  return `/apis/${servedVersion(object)}/${plural}`;
}
