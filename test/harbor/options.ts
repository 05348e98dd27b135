import type { UpstreamSettings } from './upstreams.js';

/** What calls of a kind cost, in milliseconds, and how many are worked on at once. */
export interface Latency {
  readonly list?: number;
  readonly read?: number;
  readonly create?: number;
  /** A project takes longer to make than the rest. Default: what `create` says. */
  readonly createProject?: number;
  readonly update?: number;
  readonly delete?: number;
  /** Added to every call that presents a user's password, which Harbor hashes each time. A robot's secret costs nothing. */
  readonly password?: number;
  /** How many calls are worked on at once; the others wait. Unlimited when left out. */
  readonly concurrency?: number;
}

export interface HarborOptions {
  /** 0 (the default) takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** Where a reverse proxy would serve Harbor, `/harbor`: the API is then below it. */
  readonly basePath?: string;
  /** 2.11, 2.13, 2.15 (the default) or 2.16, or a whole release such as 2.14.1. What it lacks (versions.ts) is ignored silently. */
  readonly version?: string;
  readonly adminPassword?: string;
  /** Answers `/systeminfo` as the pull host; the stand-in's own address when left out. */
  readonly externalUrl?: string;
  /** Certificate and key in PEM: the stand-in then speaks HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly latency?: Latency;
  /** How long a wrong password is held before it's answered, and how long its user is locked meanwhile. Harbor takes 1,500. */
  readonly wrongPasswordDelayMs?: number;
  /** How long after a pull through the proxy the cache holds the image. Harbor takes up to 20,000. 0: at once. */
  readonly cacheDelayMs?: number;
  /** How long `/health` goes on saying what it saw last. Harbor takes some 10,000. */
  readonly healthLagMs?: number;
  /** How often Harbor's own health check writes the status of all endpoints. Harbor does so every 300,000. 0: only when it is told to. */
  readonly endpointCheckMs?: number;
  /** Hosts and the upstream registries that stand for them. */
  readonly upstreams?: Readonly<Record<string, UpstreamSettings>>;
  /** Whether endpoints at hosts that aren't mapped pass the health check. Loopback addresses are really called. */
  readonly unmappedHealthy?: boolean;
  /** The types that may be proxied, and the adapters that the API lists. Both come from the installation, not from the code. */
  readonly proxyTypes?: readonly string[];
  readonly adapters?: readonly string[];
}

export const adminUser = 'admin';

export const defaults = {
  port: 0,
  host: '127.0.0.1',
  version: '2.15.2',
  adminPassword: 'Harbor12345',
  latency: {} as Latency,
  wrongPasswordDelayMs: 20,
  cacheDelayMs: 0,
  healthLagMs: 0,
  endpointCheckMs: 0,
  unmappedHealthy: false,
  proxyTypes: [
    'harbor',
    'docker-hub',
    'docker-registry',
    'aws-ecr',
    'azure-acr',
    'google-gcr',
    'github-ghcr',
    'jfrog-artifactory',
    'ali-acr',
  ] as readonly string[],
  adapters: [
    'ali-acr',
    'aws-ecr',
    'azure-acr',
    'docker-hub',
    'docker-registry',
    'github-ghcr',
    'google-gcr',
    'harbor',
    'huawei-SWR',
    'jfrog-artifactory',
    'tencent-tcr',
    'volcengine-cr',
  ] as readonly string[],
} as const;

/** Every option with its default filled in. */
export interface Settings {
  latency: Latency;
  readonly version: string;
  readonly adminPassword: string;
  readonly externalUrl: string | undefined;
  readonly wrongPasswordDelayMs: number;
  readonly cacheDelayMs: number;
  readonly healthLagMs: number;
  readonly endpointCheckMs: number;
  readonly unmappedHealthy: boolean;
  readonly proxyTypes: readonly string[];
  readonly adapters: readonly string[];
}
