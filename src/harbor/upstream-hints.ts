import type { Endpoint } from './types.js';

/** An upstream as Harbor's endpoint has it. */
export interface UpstreamFacts {
  /** The endpoint's type in Harbor. */
  readonly type: string;
  readonly url: string;
  readonly hasCredentials: boolean;
}

interface Hint {
  readonly applies: (upstream: UpstreamFacts, reason: string) => boolean;
  readonly says: string;
}

/** Websites that people take for the registry beside them. They answer every path with 200, so Harbor calls them healthy. */
const WEBSITES: ReadonlyMap<string, string> = new Map([
  ['gallery.ecr.aws', 'https://public.ecr.aws'],
  ['hub.docker.com', 'type docker-hub without a url'],
  ['docker.io', 'type docker-hub without a url'],
  ['www.docker.com', 'type docker-hub without a url'],
  ['github.com', 'https://ghcr.io'],
  ['gitlab.com', 'https://registry.gitlab.com'],
]);

/** Why Harbor calls an upstream unhealthy that is up, as far as that is known. The first that applies. */
const HINTS: readonly Hint[] = [
  {
    applies: ({ url }) => hostOf(url) === 'registry.istio.io',
    says:
      'registry.istio.io refuses the check that Harbor makes ("scope is required"), so Harbor can\'t proxy it: ' +
      "take Istio's images from docker.io/istio, by a mirror of Docker Hub.",
  },
  {
    applies: (_upstream, reason) => reason.includes('scope is required'),
    says: "This registry gives no token without a scope, and Harbor checks it without one: Harbor can't proxy it.",
  },
  {
    applies: ({ type, hasCredentials }) => type === 'docker-hub' && hasCredentials,
    says:
      "Type docker-hub takes a user's access token and refuses an organisation's: with that, use type docker-registry at " +
      'https://registry-1.docker.io with hosts [docker.io].',
  },
  {
    applies: ({ url }) => /(^|\.)pkg\.dev$/.test(hostOf(url)),
    says: "For Artifact Registry the credentials are _json_key and the whole JSON of a service account's key.",
  },
];

/**
 * What is known to make Harbor call this upstream unhealthy, and the way out; undefined where nothing is. Pure.
 *
 * @param reason - Harbor's own words, where it gave any
 */
export function upstreamHint(upstream: UpstreamFacts, reason = ''): string | undefined {
  return websiteHint(upstream) ?? HINTS.find(({ applies }) => applies(upstream, reason))?.says;
}

/** Why Harbor gets nothing new from an endpoint's upstream; undefined where it does. Pure. */
export function unhealthiness({ type, url, status, accessKey }: Endpoint): string | undefined {
  if (status !== 'unhealthy') return websiteHint({ type, url });
  const says =
    'Harbor reports the upstream as unhealthy: it is down, or refuses the credentials. Cached images are served.';
  const hint = upstreamHint({ type, url, hasCredentials: accessKey !== undefined });
  return hint === undefined ? says : `${says} ${hint}`;
}

/** That an upstream is a website and no registry, whatever Harbor says. The CRD refuses these, and older objects may have them. */
function websiteHint({ type, url }: Pick<UpstreamFacts, 'type' | 'url'>): string | undefined {
  // Harbor doesn't look at the url of this type.
  const instead = type === 'docker-hub' ? undefined : WEBSITES.get(hostOf(url));
  return instead === undefined ? undefined : `${hostOf(url)} is a website and no registry: use ${instead}.`;
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? '';
}
