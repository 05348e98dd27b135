import type { FormerHarbor, HarborReference, RegistryMirror } from '../../api/registry-mirror.js';
import { openClient } from '../client.js';
import type { HarborClient } from '../client.js';
import { harborBaseUrl } from '../http/connection.js';
import type { HarborConnection, ProxyEnvironment } from '../http/connection.js';
import type { RequestOptions } from '../http/request.js';
import { connectionTo, referenceTo, sessionKey } from './address.js';
import type { HarborSecrets, OwnHarbor } from './address.js';
import type { PullHost } from './facts.js';
import type { HealthThresholds } from './harbor-health.js';
import { HarborUsers } from './harbor-users.js';
import { UpstreamCalls } from './upstream/upstream-calls.js';
import { HarborSession } from './harbor-session.js';
import type { FindMissingPermissions } from './harbor-session.js';
import type { SessionChange } from './news.js';
import type { Read } from '../../credentials/secrets.js';

export interface HarborsOptions {
  readonly own: OwnHarbor;
  readonly secrets: HarborSecrets;
  readonly mirrors: () => readonly RegistryMirror[];
  readonly checkEveryMs: number;
  readonly thresholds: HealthThresholds;
  readonly requestTimeoutMs: number;
  readonly proxy: ProxyEnvironment;
  readonly onResponse: NonNullable<RequestOptions['onResponse']>;
  readonly mayWrite?: RequestOptions['mayWrite'];
  /** A session has something new to say: these mirrors, which use it, have to be looked at. */
  readonly onChange: (session: HarborSession, change: SessionChange, mirrors: readonly RegistryMirror[]) => void;
  /** This mirror has an answer of Harbor's to fetch, or its turn to ask has come. */
  readonly onTurn: (mirror: string) => void;
  readonly findMissingPermissions: FindMissingPermissions;
  readonly onMissingPermissions: (url: string, permissions: readonly string[]) => void;
  readonly onSweep?: (session: HarborSession) => Promise<void>;
  readonly onBug: (url: string, error: unknown) => void;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
}

/** Nobody waits for these answers, and to give up would not free Harbor: 41 min were seen. */
const UPSTREAM_TIMEOUT_MS = 45 * 60_000;

interface Open {
  readonly session: HarborSession;
  /** What the session was opened with. */
  readonly identity: string;
}

/** One session per Harbor and login, made when a mirror first needs it and let go with the last. Nothing here waits for a Harbor. */
export class Harbors {
  readonly #options: HarborsOptions;
  readonly #sessions = new Map<string, Open>();
  /** By url: the sessions with one Harbor share them. */
  readonly #upstreamCalls = new Map<string, UpstreamCalls>();
  readonly #stopping = new Set<Promise<void>>();
  readonly #users: HarborUsers;

  constructor(options: HarborsOptions) {
    this.#options = options;
    this.#users = new HarborUsers(options);
  }

  /** The session for a mirror's Harbor, or why there is none. */
  sessionFor({ spec }: RegistryMirror): Read<HarborSession> {
    return this.#sessionAt(spec.harbor ?? {});
  }

  /** The session for a Harbor that a mirror was moved away from, or why there is none. */
  sessionForFormer(former: FormerHarbor): Read<HarborSession> {
    const { own, secrets } = this.#options;
    return this.#sessionAt(referenceTo(former, own, secrets));
  }

  /** host[:port] that the mirror's images are pulled from: what its spec says, what the operator was told, or what Harbor says. */
  pullHostFor({ spec }: RegistryMirror, session: HarborSession): PullHost {
    return this.#pullHostOf(spec, session);
  }

  /** Whether there is a login for a Harbor that a mirror was moved away from. The operator's own goes to its own Harbor and to no other. */
  knowsLoginFor({ url, credentialsSecretRef }: FormerHarbor): boolean {
    return credentialsSecretRef !== undefined || url === harborBaseUrl(this.#options.own.url);
  }

  /** The url of a mirror's Harbor, as its session and its status have it. */
  urlFor(mirror: RegistryMirror): string {
    return this.#users.urlFor(mirror);
  }

  /** The urls of all Harbors that a mirror uses: its own, and those that it was moved away from. */
  urlsOf(mirror: RegistryMirror | undefined): readonly string[] {
    return mirror === undefined ? [] : this.#users.urlsOf(mirror);
  }

  /** The names of the mirrors that use the Harbor of this url, or did so and are not done with it. */
  mirrorsAt(url: string): ReadonlySet<string> {
    return this.#users.at(url);
  }

  /** How to reach the operator's own Harbor with another login than mirrors use. */
  ownConnection(login: OwnHarbor['login']): Read<HarborConnection> {
    const { own, secrets } = this.#options;
    return connectionTo({}, { ...own, login }, secrets);
  }

  /** Forgets a mirror that is gone, and lets go of the Harbors that no mirror uses any more. Asks as little of all others as it can: thousands go one by one. */
  forget(mirror: string): void {
    for (const calls of this.#upstreamCalls.values()) calls.forget(mirror);
    if (this.#users.unused(this.#sessions.keys()).size > 0) this.#prune();
  }

  /**
   * host[:port] that nodes pull from for a mirror, as far as it is known.
   *
   * @param spec - of the mirror; undefined: of one that uses the operator's own Harbor
   */
  knownPullHost(spec: Pick<RegistryMirror['spec'], 'harbor'> = {}): string | undefined {
    const open = this.#sessions.get(sessionKey(spec.harbor ?? {}, this.#options.own));
    const pullHost = this.#pullHostOf(spec, open?.session);
    return pullHost.kind === 'known' ? pullHost.host : undefined;
  }

  /** Ends all sessions, and resolves when what they were doing is over. */
  async stop(): Promise<void> {
    for (const { session } of this.#sessions.values()) this.#end(session);
    await Promise.all(this.#stopping);
  }

  #sessionAt(reference: HarborReference): Read<HarborSession> {
    const { own, secrets } = this.#options;
    const connection = connectionTo(reference, own, secrets);
    if (!connection.ok) return connection;
    const key = sessionKey(reference, own);
    const identity = JSON.stringify(connection.value);
    const existing = this.#sessions.get(key);
    if (existing?.identity === identity) return { ok: true, value: existing.session };
    const client = this.#client(connection);
    if (!client.ok) return client;
    const wasUp =
      existing === undefined
        ? !this.#users.sayDown(key, connection.value.url)
        : existing.session.facts.availability.kind !== 'down';
    const session = this.#session(key, connection.value.url, client.value, wasUp);
    this.#sessions.set(key, { session, identity });
    session.start();
    if (existing !== undefined) this.#end(existing.session);
    // The mirror may have come from another one.
    this.#prune(key);
    return { ok: true, value: session };
  }

  /** @param opened - the key of a session that is in use by now, whatever the mirrors say */
  #prune(opened?: string): void {
    const keys = [...this.#sessions.keys()].filter((key) => key !== opened);
    for (const key of this.#users.unused(keys)) {
      const session = this.#sessions.get(key)?.session;
      this.#sessions.delete(key);
      if (session !== undefined) this.#end(session);
    }
    const urls = new Set([...this.#sessions.values()].map(({ session }) => session.url));
    for (const [url, calls] of this.#upstreamCalls) {
      if (urls.has(url)) calls.prune();
      else this.#upstreamCalls.delete(url);
    }
    for (const { session } of this.#sessions.values()) session.upstreams.prune();
  }

  #pullHostOf({ harbor = {} }: Pick<RegistryMirror['spec'], 'harbor'>, session: HarborSession | undefined): PullHost {
    const host = harbor.pullHost ?? (harbor.url === undefined ? this.#options.own.pullHost : undefined);
    if (host !== undefined) return { kind: 'known', host };
    return session?.facts.pullHost ?? { kind: 'unknown' };
  }

  #client(connection: Read<HarborConnection>): Read<HarborClient> {
    const { requestTimeoutMs, proxy, onResponse, mayWrite } = this.#options;
    const upstreamTimeoutMs = UPSTREAM_TIMEOUT_MS;
    return openClient(connection, { requestTimeoutMs, upstreamTimeoutMs, proxy, onResponse, mayWrite });
  }

  #session(key: string, url: string, client: HarborClient, wasUp: boolean): HarborSession {
    const { checkEveryMs, thresholds, findMissingPermissions, now, ...told } = this.#options;
    const session: HarborSession = new HarborSession({
      url,
      client,
      checkEveryMs,
      thresholds,
      wasUp,
      upstreamCalls: this.#upstreamCallsAt(url),
      onTurn: told.onTurn,
      findMissingPermissions,
      now,
      onSweep: async (swept) => {
        this.#prune();
        if (!swept.signal.aborted) await told.onSweep?.(swept);
      },
      onChange: (change) => {
        told.onChange(session, change, this.#users.of(key));
      },
      onMissingPermissions: (permissions) => {
        told.onMissingPermissions(url, permissions);
      },
      onBug: (error) => {
        told.onBug(url, error);
      },
    });
    return session;
  }

  #upstreamCallsAt(url: string): UpstreamCalls {
    const { now, onTurn } = this.#options;
    const calls = this.#upstreamCalls.get(url) ?? new UpstreamCalls({ now, onTurn });
    this.#upstreamCalls.set(url, calls);
    return calls;
  }

  #end(session: HarborSession): void {
    const stopping = session.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }
}
