import type { Endpoint } from './state.js';
import type { Credential, ProbeResult, Upstreams } from './upstreams.js';

/** What the health check of an endpoint comes to: `error` is a 500, `crash` a 500 without a body. */
export type Health = 'healthy' | 'unhealthy' | 'error' | 'crash';

export type PingTarget = Pick<Endpoint, 'type' | 'url' | 'insecure' | 'caCertificate' | 'accessKey' | 'accessSecret'>;

/**
 * Checks an endpoint the way Harbor's adapter of its type does, quirks included.
 */
export async function ping(upstreams: Upstreams, endpoint: PingTarget): Promise<Health> {
  const check = checks[endpoint.type];
  return check === undefined ? 'error' : check(upstreams, endpoint);
}

type Check = (upstreams: Upstreams, endpoint: PingTarget) => Promise<Health>;

export function credentialOf(endpoint: PingTarget): Credential | undefined {
  if (endpoint.accessKey === '' || endpoint.accessSecret === '') return undefined;
  return { username: endpoint.accessKey, password: endpoint.accessSecret };
}

export const trustsSelfSigned = (endpoint: PingTarget): boolean => endpoint.insecure || endpoint.caCertificate !== '';

const probe = (upstreams: Upstreams, endpoint: PingTarget, url = endpoint.url): Promise<ProbeResult> =>
  upstreams.probe({ url, credential: credentialOf(endpoint), trustsSelfSigned: trustsSelfSigned(endpoint) });

const plain: Check = async (upstreams, endpoint) =>
  (await probe(upstreams, endpoint)) === 'ok' ? 'healthy' : 'unhealthy';

// The adapter asks the other Harbor for its version while it's being made: not reaching it is an error, not ill health.
const harbor: Check = async (upstreams, endpoint) => {
  const result = await probe(upstreams, endpoint);
  if (result === 'refused') return 'error';
  return result === 'ok' ? 'healthy' : 'unhealthy';
};

const needsCredential: Check = async (upstreams, endpoint) =>
  credentialOf(endpoint) === undefined ? 'unhealthy' : plain(upstreams, endpoint);

const crashesWithoutCredential: Check = async (upstreams, endpoint) =>
  credentialOf(endpoint) === undefined ? 'crash' : plain(upstreams, endpoint);

/** Where Docker Hub answers pulls; the url that an endpoint of its type carries doesn't matter. */
export function dockerHubUrl(upstreams: Upstreams, host: 'registry-1.docker.io' | 'hub.docker.com'): string {
  const known = [host, 'docker.io', 'hub.docker.com', 'registry-1.docker.io', 'index.docker.io'];
  return `https://${known.find((name) => upstreams.isMapped(name)) ?? host}`;
}

// With a credential Docker Hub's login API is called first.
const dockerHub: Check = async (upstreams, endpoint) => {
  if (credentialOf(endpoint) === undefined) {
    return plain(upstreams, { ...endpoint, url: dockerHubUrl(upstreams, 'registry-1.docker.io') });
  }
  const login = await probe(upstreams, endpoint, dockerHubUrl(upstreams, 'hub.docker.com'));
  return login === 'ok' ? 'healthy' : 'error';
};

// Quay's credential is a JSON document; anything else is an error. Which documents work wasn't recorded: those of Harbor's manual.
const quay: Check = async (upstreams, endpoint) => {
  const credential = credentialOf(endpoint);
  if (credential === undefined) return plain(upstreams, endpoint);
  let secret: unknown;
  try {
    secret = JSON.parse(credential.password);
  } catch (error) {
    if (error instanceof SyntaxError) return 'error';
    throw error;
  }
  return typeof secret === 'object' ? plain(upstreams, endpoint) : 'error';
};

// The adapter reads the token service out of the registry's challenge: a registry that asks for no login is an error.
const gitlab: Check = async (upstreams, endpoint) => {
  const stranger = { username: '', password: '' };
  const challenge = await upstreams.probe({
    url: endpoint.url,
    credential: stranger,
    trustsSelfSigned: trustsSelfSigned(endpoint),
  });
  return challenge === 'wrong credential' ? plain(upstreams, endpoint) : 'error';
};

interface Cloud {
  readonly host: RegExp;
  /** The host of the provider's API that gives out the login, by the registry host's match. */
  readonly api: (match: RegExpExecArray) => string;
  readonly withoutCredential: { readonly anyHost: Health; readonly itsHost: Health };
}

// These ask the provider's API for a login, before they look at the registry.
const cloud =
  ({ host, api, withoutCredential }: Cloud): Check =>
  async (upstreams, endpoint) => {
    const match = host.exec(new URL(endpoint.url).hostname);
    if (credentialOf(endpoint) === undefined) {
      return match === null ? withoutCredential.anyHost : withoutCredential.itsHost;
    }
    if (match === null) return 'error';
    const apiHost = api(match);
    const url = upstreams.isMapped(apiHost) ? `https://${apiHost}` : endpoint.url;
    return (await probe(upstreams, endpoint, url)) === 'ok' ? 'healthy' : 'error';
  };

const checks: Readonly<Record<string, Check>> = {
  'docker-registry': plain,
  'azure-acr': plain,
  'github-ghcr': plain,
  'jfrog-artifactory': plain,
  'google-gcr': needsCredential,
  'huawei-SWR': () => Promise.resolve('healthy'),
  dtr: crashesWithoutCredential,
  harbor,
  'docker-hub': dockerHub,
  quay,
  gitlab,
  'aws-ecr': cloud({
    host: /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/,
    api: (match) => `api.ecr.${match[1] ?? ''}.amazonaws.com`,
    withoutCredential: { anyHost: 'error', itsHost: 'crash' },
  }),
  'ali-acr': cloud({
    host: /^(?:registry|[a-z0-9-]+-registry)(?:-vpc|-internal)?\.([a-z0-9-]+)\.(?:cr\.)?aliyuncs\.com$/,
    api: (match) => `cr.${match[1] ?? ''}.aliyuncs.com`,
    withoutCredential: { anyHost: 'error', itsHost: 'error' },
  }),
  'tencent-tcr': cloud({
    host: /^[a-z0-9-]+\.tencentcloudcr\.com$/,
    api: () => 'tcr.tencentcloudapi.com',
    withoutCredential: { anyHost: 'crash', itsHost: 'crash' },
  }),
  'volcengine-cr': cloud({
    host: /^[a-z0-9-]+-(cn-[a-z0-9-]+)\.cr\.volces\.com$/,
    api: () => 'open.volcengineapi.com',
    withoutCredential: { anyHost: 'error', itsHost: 'crash' },
  }),
};
