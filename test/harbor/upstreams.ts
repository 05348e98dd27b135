/** What an upstream registry does: it works, refuses connections, accepts them and never answers, or wants a login. */
export type UpstreamState = 'up' | 'down' | 'hanging' | { readonly username: string; readonly password: string };

export interface UpstreamSettings {
  /** The registry that really answers for the host, `http://127.0.0.1:5000`. Without it health is by the state alone. */
  readonly url?: string;
  readonly up?: boolean;
  readonly state?: UpstreamState;
  /** Only an endpoint with `insecure` or a `ca_certificate` trusts it. */
  readonly selfSigned?: boolean;
}

export interface Credential {
  readonly username: string;
  readonly password: string;
}

export interface ProbeRequest {
  readonly url: string;
  readonly credential: Credential | undefined;
  readonly trustsSelfSigned: boolean;
}

export type ProbeResult = 'ok' | 'refused' | 'wrong credential';

interface Upstream {
  readonly url: string | undefined;
  readonly selfSigned: boolean;
  state: UpstreamState;
}

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** The registries behind the endpoints, by host name. */
export class Upstreams {
  readonly #byHost = new Map<string, Upstream>();
  readonly #unmappedHealthy: boolean;
  #waiting: (() => void)[] = [];
  #stopped = false;

  constructor(unmappedHealthy: boolean) {
    this.#unmappedHealthy = unmappedHealthy;
  }

  mapHost(host: string, settings: UpstreamSettings): void {
    this.#byHost.set(host, {
      url: settings.url,
      selfSigned: settings.selfSigned ?? false,
      state: settings.state ?? (settings.up === false ? 'down' : 'up'),
    });
    this.#wake();
  }

  /** Changes what a host does; a host that isn't mapped becomes so. Calls that hang on it go on when it no longer hangs. */
  set(host: string, state: UpstreamState): void {
    const upstream = this.#byHost.get(host);
    if (upstream === undefined) this.#byHost.set(host, { url: undefined, selfSigned: false, state });
    else upstream.state = state;
    this.#wake();
  }

  isMapped(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** Ends whatever hangs. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Asks the registry at an endpoint's url whether it works, as Harbor's adapters do with GET /v2/. */
  async probe(request: ProbeRequest): Promise<ProbeResult> {
    const { upstream, host } = this.#at(request.url);
    if (upstream === undefined) {
      if (loopback.test(host)) return this.#call(request.url, request.credential);
      return this.#unmappedHealthy ? 'ok' : 'refused';
    }
    const state = await this.#settled(upstream);
    if (state === 'down') return 'refused';
    if (upstream.selfSigned && !request.trustsSelfSigned) return 'refused';
    if (typeof state === 'object') return this.#login(state, request.credential);
    return upstream.url === undefined ? 'ok' : this.#call(upstream.url, request.credential);
  }

  /**
   * The address from which content at an endpoint's url is fetched.
   *
   * @returns undefined while the upstream is down, unmapped, or refuses the credential.
   */
  async contentUrl(request: ProbeRequest): Promise<string | undefined> {
    const { upstream, host } = this.#at(request.url);
    if (upstream === undefined) return loopback.test(host) ? request.url : undefined;
    const state = await this.#settled(upstream);
    if (state === 'down' || (upstream.selfSigned && !request.trustsSelfSigned)) return undefined;
    if (typeof state === 'object') {
      const { credential } = request;
      if (credential?.username !== state.username || credential.password !== state.password) return undefined;
    }
    return upstream.url ?? (loopback.test(host) ? request.url : undefined);
  }

  #at(url: string): { readonly upstream: Upstream | undefined; readonly host: string } {
    const parsed = new URL(url);
    return { upstream: this.#byHost.get(parsed.host) ?? this.#byHost.get(parsed.hostname), host: parsed.hostname };
  }

  async #settled(upstream: Upstream): Promise<'up' | 'down' | Credential> {
    while (upstream.state === 'hanging') {
      if (this.#stopped) return 'down';
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return upstream.state;
  }

  // Without a credential a 401 counts as healthy.
  #login(wanted: Credential, given: Credential | undefined): ProbeResult {
    if (given === undefined) return 'ok';
    return given.username === wanted.username && given.password === wanted.password ? 'ok' : 'wrong credential';
  }

  async #call(url: string, credential: Credential | undefined): Promise<ProbeResult> {
    try {
      const response = await fetch(new URL('/v2/', url), { headers: authorization(credential) });
      await response.arrayBuffer();
      if (response.status === 401) return credential === undefined ? 'ok' : 'wrong credential';
      return response.ok || response.status === 404 ? 'ok' : 'refused';
    } catch (error) {
      if (error instanceof TypeError) return 'refused'; // how fetch reports a connection that failed
      throw error;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export function authorization(credential: Credential | undefined): Record<string, string> {
  if (credential === undefined) return {};
  const token = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
  return { Authorization: `Basic ${token}` };
}
