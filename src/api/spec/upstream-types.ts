import type { RegistryMirror, RegistryMirrorSpec, UpstreamType } from '../registry-mirror.js';

/** What a registry of one type is to a person who mirrors it, and to Harbor. */
interface UpstreamTypeFacts {
  /** In place of `spec.upstream.url`; a type without one needs the url. */
  readonly defaultUrl?: string;
  /** In place of `spec.upstream.hosts`, where it isn't simply the url's host. */
  readonly defaultHosts?: readonly string[];
  /** Harbor's name of the type; tried first. */
  readonly harborType: string;
  /** The endpoint type that serves it where Harbor can't proxy {@link harborType} (400 `unsupported registry type`). */
  readonly fallbackHarborType?: string;
  /** Whether a mirror of this type makes no sense without credentials: Harbor calls such an endpoint unhealthy. */
  readonly needsCredentials: boolean;
  /** What `username` and `password` of the Secret are for this type. */
  readonly credentials: string;
}

/**
 * Every value of `spec.upstream.type`. Which types Harbor proxies, and that a docker-registry endpoint at the same url stands in
 * for the others, was seen on Harbor 2.15 in its default installation.
 */
export const upstreamTypes: Readonly<Record<UpstreamType, UpstreamTypeFacts>> = {
  'docker-hub': {
    // Harbor ignores an endpoint's url for this type: it always talks to Docker Hub itself.
    defaultUrl: 'https://hub.docker.com',
    defaultHosts: ['docker.io'],
    harborType: 'docker-hub',
    needsCredentials: false,
    credentials: 'a Docker Hub user name and a personal access token',
  },
  'docker-registry': {
    harborType: 'docker-registry',
    needsCredentials: false,
    credentials: "the registry's user name and password",
  },
  harbor: {
    harborType: 'harbor',
    needsCredentials: false,
    credentials: "a robot account of that Harbor (robot$name) and its secret, or a user's name and CLI secret",
  },
  'aws-ecr': {
    harborType: 'aws-ecr',
    needsCredentials: true,
    credentials: 'an AWS access key id and its secret access key',
  },
  'azure-acr': {
    harborType: 'azure-acr',
    needsCredentials: false,
    credentials: "a service principal's application id and password, or a repository-scoped token's name and password",
  },
  'google-gcr': {
    defaultUrl: 'https://gcr.io',
    harborType: 'google-gcr',
    needsCredentials: true,
    credentials: "_json_key and a service account's key, the whole JSON",
  },
  quay: {
    defaultUrl: 'https://quay.io',
    harborType: 'quay',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: 'a robot account (organization+name) and its token',
  },
  'github-ghcr': {
    defaultUrl: 'https://ghcr.io',
    harborType: 'github-ghcr',
    needsCredentials: false,
    credentials: 'a GitHub user name and a token with the scope read:packages',
  },
  gitlab: {
    defaultUrl: 'https://registry.gitlab.com',
    harborType: 'gitlab',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: "a deploy token's user name and token with the scope read_registry",
  },
  'jfrog-artifactory': {
    harborType: 'jfrog-artifactory',
    needsCredentials: false,
    credentials: 'an Artifactory user name and an identity token or password',
  },
  'ali-acr': {
    harborType: 'ali-acr',
    needsCredentials: true,
    credentials: 'an AccessKey id and its secret',
  },
  'huawei-SWR': {
    harborType: 'huawei-SWR',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: 'region@AK and the long-term login key',
  },
  'tencent-tcr': {
    harborType: 'tencent-tcr',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: "the instance's user name and its long-term access token",
  },
  'volcengine-cr': {
    harborType: 'volcengine-cr',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: "the instance's user name and password",
  },
  dtr: {
    harborType: 'dtr',
    fallbackHarborType: 'docker-registry',
    needsCredentials: false,
    credentials: "the Docker Trusted Registry's user name and an access token",
  },
};

/** The upstream's url: as written, or the type's own. The CRD refuses a mirror that has neither. */
export function upstreamUrl(spec: Pick<RegistryMirrorSpec, 'upstream'>): string {
  const { type, url } = spec.upstream;
  const effective = url ?? upstreamTypes[type].defaultUrl;
  if (effective === undefined) throw new TypeError(`Upstream type ${type} needs a url.`);
  return effective;
}

/**
 * The registry hosts whose images go through the mirror: as written, or the type's own, or the url's host. Without duplicates, in
 * the order given; index.docker.io is docker.io, as it is to every container runtime. Hosts compare case-sensitively, as image
 * names do; a host taken from the url is in lower case, since nobody writes an image's host otherwise.
 */
export function upstreamHosts(spec: Pick<RegistryMirrorSpec, 'upstream'>): readonly string[] {
  const { type, hosts } = spec.upstream;
  if (hosts !== undefined && hosts.length > 0) return normalised(hosts);
  const { defaultHosts } = upstreamTypes[type];
  if (defaultHosts !== undefined) return defaultHosts;
  return normalised([hostOf(upstreamUrl(spec))]);
}

/** https's own port is left out, as it is in image names, unless it is all that makes a one-word host one in an image name. */
function hostOf(url: string): string {
  return url
    .replace(/^https:\/\/(.*\..*):443$/, '$1')
    .replace(/^https?:\/\//, '')
    .toLowerCase();
}

function normalised(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts.map((host) => (host === 'index.docker.io' ? 'docker.io' : host)))];
}

/** The name of the mirror's project in Harbor. */
export function projectName(mirror: {
  readonly metadata: Pick<RegistryMirror['metadata'], 'name'>;
  readonly spec: Pick<RegistryMirrorSpec, 'project'>;
}): string {
  return mirror.spec.project.name ?? mirror.metadata.name;
}
