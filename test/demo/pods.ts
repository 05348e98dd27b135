import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { parseReference } from '../../src/image/reference.js';
import type { Cluster } from '../cluster/cluster.js';
import { pushImage } from '../cluster/registry.js';
import type { Registry } from '../cluster/registry.js';
import { eventually } from '../support/wait.js';

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly image: string;
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: PodSpec | { readonly template: Template };
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

/** A container's image as the manifest has it and as the Pod has it. */
export interface ImagePair {
  readonly workload: string;
  readonly container: string;
  readonly before: string;
  readonly after: string;
}

export const PODS_FILE = 'test/demo/pods.yaml';

/** What the demo runs. */
export function workloads(): readonly Workload[] {
  const text = readFileSync(join(import.meta.dirname, 'pods.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Workload);
}

function podSpec({ spec }: Workload): PodSpec {
  return 'template' in spec ? spec.template.spec : spec;
}

function containers(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Pushes a small image for each name that the workloads use, at the path that its registry has it. */
export async function pushImages(registry: Registry): Promise<number> {
  const images = new Set(workloads().flatMap((workload) => containers(podSpec(workload)).map(({ image }) => image)));
  for (const image of images) {
    const { path = '', tag = '' } = parseReference(image) ?? {};
    await pushImage(registry, path, tag, [`${image}\n`, 'a second layer\n']);
  }
  return images.size;
}

/** What the controller manager does in a cluster that has one: without it no Pod is accepted. */
export async function createServiceAccount(cluster: Cluster, namespace: string): Promise<void> {
  const metadata = { name: 'default' };
  await cluster.api.json('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
}

/** One Pod of each Deployment, from its template, as the controllers of Deployments and ReplicaSets make it. */
export async function createDeploymentPods(cluster: Cluster, namespace: string): Promise<void> {
  for (const { metadata, spec } of workloads()) {
    if (!('template' in spec)) continue;
    const { metadata: { labels } = {}, spec: podSpec } = spec.template;
    const pod = { metadata: { generateName: `${metadata.name}-`, labels }, spec: podSpec };
    await cluster.api.json('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
  }
}

/** The images of the workloads' Pods in a namespace. */
export async function imagePairs(cluster: Cluster, namespace: string): Promise<readonly ImagePair[]> {
  const pairs = workloads().map(async (workload) => {
    const { name } = workload.metadata;
    const pod = await eventually(() => findPod(cluster, namespace, name), { message: `a Pod of ${name}` });
    const after = containers(pod.spec);
    return containers(podSpec(workload)).map(({ name: container, image: before }, index) => ({
      workload: name,
      container,
      before,
      after: after[index]?.name === container ? after[index].image : 'another container stands in its place',
    }));
  });
  return (await Promise.all(pairs)).flat();
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: PodSpec;
}

async function findPod(cluster: Cluster, namespace: string, workload: string): Promise<Pod> {
  const { items } = await cluster.api.json<{ items: readonly Pod[] }>('GET', `/api/v1/namespaces/${namespace}/pods`);
  const pod = items.find(({ metadata }) => metadata.name === workload || metadata.name.startsWith(`${workload}-`));
  if (pod === undefined) throw new Error(`There is no Pod of ${workload} yet.`);
  return pod;
}
