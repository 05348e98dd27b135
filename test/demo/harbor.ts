import { createHarborClient } from '../../src/harbor/client.js';
import type { HarborClient } from '../../src/harbor/client.js';
import type { Registry } from '../cluster/registry.js';
import { startHarbor, versionFromEnvironment } from '../harbor/index.js';
import type { Login } from '../harbor/index.js';

/** The Harbor of the demo: the stand-in, or a real one. */
export interface DemoHarbor {
  readonly kind: 'stand-in' | 'real';
  readonly url: string;
  /** For the operator. */
  readonly login: Login;
  /** For a person. */
  readonly admin: Login;
  readonly client: HarborClient;
  stop(): Promise<void>;
}

/** The hosts that the stand-in finds at the demo's own registry, so that nothing leaves the machine. */
export const MAPPED_HOSTS = ['docker.io', 'quay.io', 'registry.k8s.io', 'registry.example.org'] as const;

/** Takes the Harbor that HARBOR_URL, HARBOR_USERNAME and HARBOR_PASSWORD name, or else starts the stand-in, of the version HARBOR_VERSION. */
export async function startDemoHarbor(upstream: Registry): Promise<DemoHarbor> {
  const { HARBOR_URL: url = '', HARBOR_USERNAME: username = '', HARBOR_PASSWORD: password = '' } = process.env;
  return url === '' ? startStandIn(upstream) : realHarbor(url.replace(/\/+$/, ''), { username, password });
}

/** A real Harbor does so every 5 minutes: for who plays with the demo that is long. */
const ENDPOINT_CHECK_MS = 20_000;

async function startStandIn(upstream: Registry): Promise<DemoHarbor> {
  const harbor = await startHarbor({ ...versionFromEnvironment(), endpointCheckMs: ENDPOINT_CHECK_MS });
  for (const host of MAPPED_HOSTS) {
    // An older Harbor trusts no certificate of an endpoint's own, and so must trust this one anyway.
    const selfSigned = host === 'registry.example.org' && harbor.has('ca_certificate');
    harbor.mapHost(host, { url: upstream.url, selfSigned });
  }
  const login = harbor.addRobot('registry-mirror-operator');
  const client = createHarborClient({ url: harbor.url, ...login });
  return {
    kind: 'stand-in',
    url: harbor.url,
    login,
    admin: harbor.admin,
    client,
    stop: async () => {
      client.close();
      await harbor.stop();
    },
  };
}

async function realHarbor(url: string, login: Login): Promise<DemoHarbor> {
  if (login.username === '' || login.password === '') {
    throw new Error('With HARBOR_URL, set HARBOR_USERNAME and HARBOR_PASSWORD too, best those of a robot account.');
  }
  const client = createHarborClient({ url, ...login });
  await client.checkAccess();
  return {
    kind: 'real',
    url,
    login,
    admin: login,
    client,
    stop: () => {
      client.close();
      return Promise.resolve();
    },
  };
}
