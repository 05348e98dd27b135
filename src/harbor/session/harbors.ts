import { REASONS } from '../../api/reasons.js';
import type { FormerHarbor, HarborReference, RegistryMirror } from '../../api/registry-mirror.js';
import { createHarborClient } from '../client.js';
import { harborBaseUrl } from '../http/connection.js';
import type { HarborConnection, ProxyEnvironment } from '../http/connection.js';
import type { RequestOptions } from '../http/request.js';
import { findCondition } from '../../api/conditions.js';
import type { HealthThresholds } from './harbor-health.js';
import { HarborSession } from './harbor-session.js';
import { readCaCertificate, readCredentials } from '../../credentials/secrets.js';
import type { Read, SecretLookup } from '../../credentials/secrets.js';
import { stalled } from '../../api/verdict.js';

/** The operator's own Harbor: what mirrors without `spec.harbor` use. */
export interface OwnHarbor {
  readonly url: string;
  readonly pullHost: string | undefined;
  readonly login:
    | { readonly kind: 'secret'; readonly name: string }
    | { readonly kind: 'given'; readonly username: string; readonly password: string };
  readonly caSecret: string | undefined;
  readonly insecureSkipTLSVerify: boolean;
}

export interface HarborsOptions {
  readonly own: OwnHarbor;
  readonly secret: SecretLookup;
  readonly mirrors: () => readonly RegistryMirror[];
  readonly checkEveryMs: number;
  readonly thresholds: HealthThresholds;
  readonly requestTimeoutMs: number;
  readonly proxy: ProxyEnvironment;
  readonly onResponse: NonNullable<RequestOptions['onResponse']>;
  readonly mayWrite?: RequestOptions['mayWrite'];
  /** A Harbor came up or went down, or lost something: its mirrors have to be looked at. */
  readonly onChange: () => void;
  readonly onMissingPermissions?: (url: string, permissions: readonly string[]) => void;
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number;
}

/** The part of a mirror that decides which Harbor it uses, resolved. */
interface Address {
  readonly url: string;
  readonly pullHost: string | undefined;
  readonly connection: HarborConnection;
}

/** Mirrors with the same key share a session. */
function keyOf(
  { url, pullHost, credentialsSecretRef, caCertificateSecretRef }: HarborReference,
  own: OwnHarbor,
): string {
  return JSON.stringify([url ?? own.url, pullHost, credentialsSecretRef?.name, caCertificateSecretRef?.name]);
}

/** A Harbor that a mirror was moved away from, as it stood in its spec. */
function referenceTo({ url, credentialsSecretRef, caCertificateSecretRef }: FormerHarbor): HarborReference {
  if (credentialsSecretRef === undefined) return {};
  return { url, credentialsSecretRef, ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }) };
}

/** One session per Harbor and credentials, made when a mirror first needs it and let go with the last. */
export class Harbors {
  readonly #options: HarborsOptions;
  readonly #sessions = new Map<string, { readonly session: HarborSession; readonly identity: string }>();

  constructor(options: HarborsOptions) {
    this.#options = options;
  }

  /** The session for a mirror's Harbor, or why there is none. */
  async sessionFor({ spec }: RegistryMirror): Promise<Read<HarborSession>> {
    return await this.#sessionAt(spec.harbor ?? {});
  }

  /** The session for a Harbor that a mirror was moved away from, or why there is none. */
  async sessionForFormer(former: FormerHarbor): Promise<Read<HarborSession>> {
    return await this.#sessionAt(referenceTo(former));
  }

  /** Whether there is a login for a Harbor that a mirror was moved away from. The operator's own goes to its own Harbor and to no other. */
  knowsLoginFor({ url, credentialsSecretRef }: FormerHarbor): boolean {
    return credentialsSecretRef !== undefined || url === harborBaseUrl(this.#options.own.url);
  }

  /** The url of a mirror's Harbor, as its session and its status have it. */
  urlFor({ spec }: RegistryMirror): string {
    return harborBaseUrl(spec.harbor?.url ?? this.#options.own.url);
  }

  async #sessionAt(reference: HarborReference): Promise<Read<HarborSession>> {
    const address = this.#addressOf(reference);
    if (!address.ok) return address;
    const { url, connection } = address.value;
    const key = keyOf(reference, this.#options.own);
    const identity = JSON.stringify(connection);
    const existing = this.#sessions.get(key);
    if (existing?.identity === identity) return { ok: true, value: existing.session };
    const wasUp = existing?.session.health.isUp ?? !this.#wasDown(url);
    const session = this.#open(address.value, wasUp);
    if (!session.ok) return session;
    this.#sessions.set(key, { session: session.value, identity });
    session.value.start();
    await existing?.session.stop();
    return session;
  }

  /** How to reach the operator's own Harbor with another login than mirrors use. */
  ownConnection(login: OwnHarbor['login']): Read<HarborConnection> {
    const { url, caSecret, insecureSkipTLSVerify } = this.#options.own;
    const credentials = this.#loginFor(url, undefined, login);
    if (!credentials.ok) return credentials;
    const certificate = this.#caFor(url, caSecret);
    if (!certificate.ok) return certificate;
    const caCertificate = certificate.value === undefined ? {} : { caCertificate: certificate.value };
    return { ok: true, value: { url, ...credentials.value, insecureSkipTLSVerify, ...caCertificate } };
  }

  /** Lets go of the Harbors that no mirror uses any more. */
  async prune(): Promise<void> {
    const { mirrors, own } = this.#options;
    const references = mirrors().flatMap(({ spec, status }) => [
      spec.harbor ?? {},
      ...(status.formerHarbors ?? []).map(referenceTo),
    ]);
    const used = new Set(references.map((reference) => keyOf(reference, own)));
    const unused = [...this.#sessions].filter(([key]) => !used.has(key));
    for (const [key] of unused) this.#sessions.delete(key);
    await Promise.all(unused.map(async ([, { session }]) => session.stop()));
  }

  /**
   * host[:port] that nodes pull from for a mirror, as far as it is known without asking.
   *
   * @param spec - of the mirror; undefined: of one that uses the operator's own Harbor
   */
  knownPullHost(spec?: Pick<RegistryMirror['spec'], 'harbor'>): string | undefined {
    const reference = spec?.harbor ?? {};
    const stated = reference.pullHost ?? (reference.url === undefined ? this.#options.own.pullHost : undefined);
    return stated ?? this.#sessions.get(keyOf(reference, this.#options.own))?.session.knownPullHost;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(async ({ session }) => session.stop()));
  }

  #open({ url, pullHost, connection }: Address, wasUp: boolean): Read<HarborSession> {
    const { requestTimeoutMs, proxy, onResponse, mayWrite, ...session } = this.#options;
    const { checkEveryMs, thresholds, onChange, onMissingPermissions, now } = session;
    try {
      const client = createHarborClient(connection, { requestTimeoutMs, proxy, onResponse, mayWrite });
      return {
        ok: true,
        value: new HarborSession({
          url,
          pullHost,
          client,
          checkEveryMs,
          thresholds,
          wasUp,
          onChange,
          ...(onMissingPermissions === undefined ? {} : { onMissingPermissions }),
          now,
        }),
      };
    } catch (error) {
      // The only errors of the constructor: a url or a CA certificate that can't be used. Their text says what to write.
      const message = error instanceof Error ? error.message : String(error);
      return { ok: false, problem: stalled(REASONS.harborNotConfigured, `${message}.`) };
    }
  }

  #addressOf(harbor: HarborReference): Read<Address> {
    const { own } = this.#options;
    const isOwn = harbor.url === undefined;
    const defaults = isOwn ? own : { pullHost: undefined, caSecret: undefined, insecureSkipTLSVerify: false };
    const url = harborBaseUrl(harbor.url ?? own.url);
    const login = this.#loginFor(url, harbor.credentialsSecretRef?.name);
    if (!login.ok) return login;
    const caSecret = harbor.caCertificateSecretRef?.name ?? defaults.caSecret;
    const certificate = this.#caFor(url, caSecret);
    if (!certificate.ok) return certificate;
    const connection: HarborConnection = {
      url,
      ...login.value,
      insecureSkipTLSVerify: defaults.insecureSkipTLSVerify,
      ...(certificate.value === undefined ? {} : { caCertificate: certificate.value }),
    };
    return { ok: true, value: { url, pullHost: harbor.pullHost ?? defaults.pullHost, connection } };
  }

  #loginFor(
    url: string,
    secretName: string | undefined,
    login = this.#options.own.login,
  ): Read<{ readonly username: string; readonly password: string }> {
    if (secretName === undefined && login.kind === 'given') {
      return { ok: true, value: { username: login.username, password: login.password } };
    }
    const own = login.kind === 'secret' ? login.name : undefined;
    if (secretName !== undefined && secretName === own && url !== harborBaseUrl(this.#options.own.url)) {
      // Who may create mirrors must not be able to have the operator's own password sent to a url of their choice.
      const message = `Secret ${secretName} is the operator's own and isn't sent to ${url}. Refer to another Secret.`;
      return { ok: false, problem: stalled(REASONS.secretNotAllowed, message) };
    }
    const name = secretName ?? own ?? '';
    const read = readCredentials({ name, use: 'harbor', host: new URL(url).host }, this.#options.secret);
    if (!read.ok) return read;
    return { ok: true, value: { username: read.value.accessKey, password: read.value.accessSecret } };
  }

  #caFor(url: string, secretName: string | undefined): Read<string | undefined> {
    if (secretName === undefined) return { ok: true, value: undefined };
    return readCaCertificate({ name: secretName, use: 'harbor', host: new URL(url).host }, this.#options.secret);
  }

  /** What the statuses say about this Harbor: the state outlives a restart of the operator. */
  #wasDown(url: string): boolean {
    return this.#options
      .mirrors()
      .some(
        ({ status }) =>
          status.harbor?.url === url && findCondition(status.conditions, 'HarborReachable')?.status === 'False',
      );
  }
}
