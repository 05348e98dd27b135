import type { ObjectMeta } from '../../api/object-meta.js';

interface NamedImage {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
}

interface VolumeImage {
  readonly reference?: string;
  readonly pullPolicy?: string;
}

/** What of a Pod decides about its images. */
export interface Pod {
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly containers?: readonly NamedImage[];
    readonly initContainers?: readonly NamedImage[];
    readonly ephemeralContainers?: readonly NamedImage[];
    readonly volumes?: readonly { readonly name: string; readonly image?: VolumeImage }[];
    readonly imagePullSecrets?: readonly { readonly name?: string }[];
    readonly serviceAccountName?: string;
  };
  readonly status?: { readonly phase?: string };
}

export type Place = 'container' | 'initContainer' | 'ephemeralContainer' | 'volume';

/** One image of a Pod, and where it stands. */
export interface PodImage {
  readonly place: Place;
  /** The container's or the volume's name. */
  readonly name: string;
  readonly image: string;
  /** Only where it is never pulled, and so must be on the node under this very name. */
  readonly pullPolicy?: 'Never';
}

/** The images of all four places, in the Pod's order. Entries without one are left out. */
export function podImages({ spec }: Pod): readonly PodImage[] {
  const of = (place: Place, list: readonly NamedImage[] = []): readonly PodImage[] =>
    list.flatMap(({ name, image = '', imagePullPolicy }) =>
      image === '' ? [] : [{ place, name, image, ...pulled(imagePullPolicy) }],
    );
  return [
    ...of('initContainer', spec.initContainers),
    ...of('container', spec.containers),
    ...of('ephemeralContainer', spec.ephemeralContainers),
    ...(spec.volumes ?? []).flatMap(({ name, image }) =>
      image?.reference === undefined
        ? []
        : [{ place: 'volume' as const, name, image: image.reference, ...pulled(image.pullPolicy) }],
    ),
  ];
}

function pulled(policy: string | undefined): Pick<PodImage, 'pullPolicy'> {
  return policy === 'Never' ? { pullPolicy: policy } : {};
}

/** The image's key in the annotation that a rewritten Pod carries. */
export function noteKey({ place, name }: PodImage): string {
  return place === 'volume' ? `volumes/${name}` : name;
}
