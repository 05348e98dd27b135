import type { UpstreamType } from '../../api/registry-mirror.js';
import { upstreamTypes } from '../../api/spec/upstream-types.js';
import type { Endpoint } from '../../harbor/types.js';
import { sameUrl } from '../../mirror/desired/desired.js';

/** `spec.upstream` without what only this Harbor's credentials and texts add. */
export interface WrittenUpstream {
  readonly type: UpstreamType;
  readonly url?: string;
  readonly hosts?: readonly string[];
}

export type Upstream =
  { readonly ok: true; readonly upstream: WrittenUpstream } | { readonly ok: false; readonly problem: string };

/** Registries whose images are named after another host. */
const IMAGE_HOSTS: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'docker.io',
  'index.docker.io': 'docker.io',
};

/** What an endpoint is in a mirror's words: the type that it was most likely made for, defaults left out. Pure. */
export function upstreamOf(endpoint: Endpoint): Upstream {
  const type = typeOf(endpoint);
  if (type === undefined)
    return { ok: false, problem: `a RegistryMirror has no type for endpoints of type ${endpoint.type}` };
  const facts = upstreamTypes[type];
  if (facts.needsCredentials && endpoint.accessKey === undefined) {
    return { ok: false, problem: `Harbor can't use type ${type} without credentials, and its endpoint has none` };
  }
  if (type === 'docker-hub') return { ok: true, upstream: { type } };
  if (facts.defaultUrl !== undefined && sameUrl(facts.defaultUrl, endpoint.url))
    return { ok: true, upstream: { type } };
  const url = URL.parse(endpoint.url);
  if (url === null) return { ok: false, problem: `its endpoint's url ${endpoint.url} can't be read` };
  if (url.pathname !== '/') {
    return { ok: false, problem: `its endpoint's url ${endpoint.url} has a path, and a mirror's can't have one` };
  }
  const host = IMAGE_HOSTS[url.host];
  if (host === undefined && !/[.:]|^localhost$/.test(url.host)) {
    return {
      ok: false,
      problem: `no image name can begin with its upstream's host ${url.host}: write a mirror with spec.upstream.hosts`,
    };
  }
  const upstream = { type, url: `${url.protocol}//${url.host}` };
  return { ok: true, upstream: host === undefined ? upstream : { ...upstream, hosts: [host] } };
}

/** quay, gitlab and others stand behind a docker-registry endpoint where Harbor can't proxy their own type. */
function typeOf({ type, url }: Endpoint): UpstreamType | undefined {
  const all = Object.keys(upstreamTypes) as UpstreamType[];
  const standIn = all.find((candidate) => {
    const { defaultUrl, fallbackHarborType } = upstreamTypes[candidate];
    return fallbackHarborType === type && defaultUrl !== undefined && sameUrl(defaultUrl, url);
  });
  return standIn ?? all.find((candidate) => upstreamTypes[candidate].harborType === type);
}
