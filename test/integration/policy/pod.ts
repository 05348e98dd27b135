import type { Api, ApiResponse } from '../../cluster/api.js';

/** What the tests read and write of a Pod; the rest of it is kept as it came. */
export interface Pod {
  readonly metadata: PodMetadata;
  readonly spec: PodSpec;
}

export interface PodMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly image?: { readonly reference: string } }[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: 'Never';
  readonly args?: readonly string[];
}

let count = 0;

/** A Pod with these images in its containers `c0`, `c1`, … */
export function podOf(list: readonly string[], spec: object = {}, metadata: object = {}): Pod {
  return {
    metadata: { name: `pod-${count++}`, ...metadata },
    spec: { containers: list.map((image, index) => ({ name: `c${index}`, image })), ...spec },
  };
}

/** The Pod as the API server would store it; throws what it says where it refuses it. */
export async function dryRun(api: Api, namespace: string, pod: Pod): Promise<Pod> {
  return api.json<Pod>('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
}

export async function create(api: Api, namespace: string, pod: Pod): Promise<Pod> {
  return api.json<Pod>('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
}

/** Adds ephemeral containers as `kubectl debug` does, through the subresource. */
export async function putEphemeral(
  api: Api,
  pod: Pod,
  added: readonly (string | Omit<Container, 'name'>)[],
  dry = true,
): Promise<ApiResponse> {
  const { namespace = '', name } = pod.metadata;
  const before = pod.spec.ephemeralContainers ?? [];
  const after = added.map((one, index) => ({
    name: `e${before.length + index}`,
    ...(typeof one === 'string' ? { image: one } : one),
  }));
  const body = { ...pod, spec: { ...pod.spec, ephemeralContainers: [...before, ...after] } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/ephemeralcontainers`;
  return api.send('PUT', dry ? `${path}?dryRun=All` : path, body);
}

/** All images of a Pod: containers, initContainers, ephemeralContainers, volumes. */
export function images({ spec }: Pick<Pod, 'spec'>): readonly string[] {
  return [
    ...[spec.containers, spec.initContainers, spec.ephemeralContainers].flatMap((list) =>
      (list ?? []).map(({ image }) => image),
    ),
    ...(spec.volumes ?? []).flatMap(({ image }) => (image === undefined ? [] : [image.reference])),
  ];
}
