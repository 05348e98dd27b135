import type { ObjectMeta } from '../api/object-meta.js';
import { ANNOTATIONS } from '../api/group.js';

export interface PodContainer {
  readonly name: string;
  readonly image: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly waiting?: { readonly reason?: string } };
}

/** What of a Pod tells which of its containers can't get their image. */
export interface RewrittenPod {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly containers: readonly PodContainer[]; readonly initContainers?: readonly PodContainer[] };
  readonly status?: {
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** A Pod without all that nobody reads here: every rewritten Pod of the cluster is kept. */
export function slimPod({ metadata, spec, status }: RewrittenPod): RewrittenPod {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, annotations } = metadata;
  const originals = annotations?.[ANNOTATIONS.originalImages];
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(originals === undefined ? {} : { annotations: { [ANNOTATIONS.originalImages]: originals } }),
    },
    spec: {
      containers: spec.containers.map(slimContainer),
      initContainers: (spec.initContainers ?? []).map(slimContainer),
    },
    status: {
      containerStatuses: (status?.containerStatuses ?? []).map(slimStatus),
      initContainerStatuses: (status?.initContainerStatuses ?? []).map(slimStatus),
    },
  };
}

function slimContainer({ name, image }: PodContainer): PodContainer {
  return { name, image };
}

function slimStatus({ name, state }: ContainerStatus): ContainerStatus {
  const reason = state?.waiting?.reason;
  return reason === undefined ? { name } : { name, state: { waiting: { reason } } };
}
