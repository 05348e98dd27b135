import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KIND } from '../../src/api/group.js';
import type { RegistryMirror } from '../../src/api/registry-mirror.js';
import { upstreamHosts } from '../../src/api/spec/upstream-types.js';

interface AnyObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** What is applied, and the names of the projects that it leads to in Harbor. */
export interface Mirrors {
  readonly manifest: string;
  readonly projects: ReadonlySet<string>;
}

/** What rewrites the Pods of the demo. */
export const DEMO_ENGINES = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const;
export type DemoEngine = (typeof DEMO_ENGINES)[number];

/** The policies of an engine, as kubectl is asked for them. */
export const POLICY_RESOURCES: Readonly<Record<DemoEngine, string>> = {
  ClusterPolicy: 'clusterpolicies.kyverno.io',
  MutatingPolicy: 'mutatingpolicies.policies.kyverno.io',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
};

/** The url of the upstream of all mirrors, and how the names of the projects begin. */
interface RealHarbor {
  readonly upstreamUrl: string;
  readonly prefix: string;
}

/** The samples of config/samples that the demo applies: Docker Hub, a Quay, a plain registry, a Harbor. */
export const SAMPLES = ['docker-hub', 'quay', 'docker-registry', 'harbor'] as const;

/** The samples' objects as they stand, but with a real CA certificate where they have a placeholder. */
function sampleObjects(caCertificate: string): readonly AnyObject[] {
  return SAMPLES.flatMap((name) => {
    const path = join(import.meta.dirname, `../../config/samples/${name}.yaml`);
    return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as AnyObject);
  }).map((object) => (object.kind === 'Secret' ? { ...object, stringData: { 'ca.crt': caCertificate } } : object));
}

/**
 * The same mirrors for a real Harbor. It knows nothing of a registry that stands for quay.io, so each mirror's upstream is the demo's own
 * registry. The projects have names that nobody else uses, and are deleted with their mirrors.
 */
function forRealHarbor(
  objects: readonly AnyObject[],
  engine: DemoEngine,
  { upstreamUrl, prefix }: RealHarbor,
): readonly AnyObject[] {
  return objects
    .filter((object) => object.kind === KIND)
    .map((object) => {
      const mirror = object as unknown as RegistryMirror;
      return {
        ...object,
        spec: {
          rewrite: { engine },
          upstream: { type: 'docker-registry', url: upstreamUrl, hosts: upstreamHosts(mirror.spec) },
          project: { name: `${prefix}-${object.metadata.name}` },
          deletionPolicy: 'Delete',
        },
      };
    });
}

/** The same mirrors, their Pods rewritten by another engine than the default one. */
function rewrittenBy(engine: DemoEngine, objects: readonly AnyObject[]): readonly AnyObject[] {
  if (engine === 'ClusterPolicy') return objects;
  return objects.map((object) => {
    if (object.kind !== KIND) return object;
    const { spec } = object as unknown as RegistryMirror;
    return { ...object, spec: { ...spec, rewrite: { ...spec.rewrite, engine } } };
  });
}

/**
 * The mirrors of the demo.
 *
 * @param caCertificate PEM, for the samples that name a CA certificate.
 * @param real for a real Harbor.
 */
export function demoMirrors(caCertificate: string, engine: DemoEngine, real?: RealHarbor): Mirrors {
  const samples = rewrittenBy(engine, sampleObjects(caCertificate));
  const items = real === undefined ? samples : forRealHarbor(samples, engine, real);
  const names = samples.filter(({ kind }) => kind === KIND).map(({ metadata }) => metadata.name);
  return {
    manifest: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    projects: new Set(names.map((name) => (real === undefined ? name : `${real.prefix}-${name}`))),
  };
}
