import { ANNOTATIONS } from '../../api/group.js';
import type { Probe as ProbeSpec, RegistryMirror } from '../../api/registry-mirror.js';
import { upstreamHosts } from '../../api/spec/upstream-types.js';
import { matchesGlob } from '../../image/glob.js';
import type { HarborFindings } from '../look/findings.js';
import { projectIn } from '../../engines/entry.js';
import { hostOf } from '../look/serving.js';

/** A project that there is to ask, as a look found it. */
export interface Place {
  readonly harbor: string;
  readonly pullPrefix: string;
  readonly projectId: number;
  readonly isPrivate: boolean;
  /** Harbor's opinion of the upstream. */
  readonly upstream: string;
}

/** What is asked for on behalf of a mirror, and where. */
export interface Question {
  readonly harbor: string;
  readonly project: string;
  readonly path: string;
  readonly reference: string;
  readonly pullHost: string;
  readonly pullPrefix: string;
  readonly isPrivate: boolean;
  /** Whether the mirror has Harbor leave this repository out. */
  readonly isFilteredOut: boolean;
  /** The image as a node would pull it. */
  readonly image: string;
}

/** Where there is something to ask; undefined where this look didn't get to see. Pure. */
export function placeOf(harbor: HarborFindings | undefined): Place | 'harborDown' | 'noProject' | undefined {
  if (harbor?.reachable === false) return 'harborDown';
  const { project, pullPrefix, endpoint } = harbor ?? {};
  if (project === null) return 'noProject';
  if (harbor === undefined || project === undefined || pullPrefix === undefined) return undefined;
  const isPrivate = project.metadata.public === 'false';
  return { harbor: harbor.url, pullPrefix, projectId: project.id, isPrivate, upstream: endpoint?.status ?? '' };
}

/** What to ask for there. Pure. */
export function questionOf(
  { spec }: RegistryMirror,
  probe: ProbeSpec,
  { harbor, pullPrefix, isPrivate }: Place,
): Question {
  const { name, tag, digest } = partsOf(probe.image);
  // As a container runtime does: a bare name is Docker Hub's, and in its library. For type docker-hub, Harbor sends all bare names there (301).
  const isDockerHub = spec.upstream.type === 'docker-hub' || upstreamHosts(spec).includes('docker.io');
  const path = name.includes('/') || !isDockerHub ? name : `library/${name}`;
  const { include = [] } = spec.rewrite.repositories ?? {};
  return {
    harbor,
    project: projectIn(pullPrefix),
    path,
    // What a runtime pulls by where both stand.
    reference: digest ?? tag ?? 'latest',
    pullHost: hostOf({ pullPrefix }),
    pullPrefix,
    isPrivate,
    isFilteredOut:
      spec.project.filter === 'FromRepositories' && !include.some((repositories) => matchesGlob(repositories, path)),
    image: `${pullPrefix}/${path}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`,
  };
}

/** What two looks must have in common for an answer from the one to be worth something in the other. */
export function subjectOf({ harbor, image }: Question): string {
  return JSON.stringify([harbor, image]);
}

/** What is asked for at once where it isn't as before: a person's edit or request, another project, and what may change the answer. */
export function occasionOf({ metadata }: RegistryMirror, { projectId, isPrivate, upstream }: Place): string {
  const requestedAt = metadata.annotations?.[ANNOTATIONS.requestedAt];
  return JSON.stringify([metadata.generation, requestedAt, projectId, isPrivate, upstream]);
}

/** The CRD's rule has let nothing else through. */
function partsOf(image: string): { readonly name: string; readonly tag?: string; readonly digest?: string } {
  const [, name = image, tag, digest] = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(image) ?? [];
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
