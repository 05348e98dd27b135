import type { Credentials } from '../credentials/credentials.js';

/**
 * What Harbor's API holds, in this code's words: camelCase, readonly, only what the operator uses. wire/ turns Harbor's
 * JSON into these.
 */

/** A registry endpoint. Its secret can't be read back: Harbor masks it. */
export interface Endpoint {
  readonly id: number;
  /** 1 to 64 bytes, unique, case-sensitive. */
  readonly name: string;
  /** Harbor's adapter, e.g. `docker-hub` or `docker-registry`. Can't be changed. */
  readonly type: string;
  /** As Harbor stored it: with scheme, without trailing slash, query and userinfo. */
  readonly url: string;
  readonly description: string;
  readonly insecure: boolean;
  /** Absent where the endpoint logs in nowhere. */
  readonly accessKey?: string;
  /** PEM. Absent where none is set, and always before Harbor 2.15. */
  readonly caCertificate?: string;
  /** `healthy` or `unhealthy`, as of Harbor's last check (every 5 minutes) or the last successful write. */
  readonly status: string;
  /** RFC 3339; absent where it was not read from Harbor. */
  readonly createdAt?: string;
}

export interface NewEndpoint {
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly description: string;
  readonly insecure: boolean;
  readonly credentials?: Credentials;
  readonly caCertificate?: string;
}

interface EndpointSettings {
  readonly name?: string;
  readonly description?: string;
  readonly insecure?: boolean;
  /** PEM; null takes the certificate away. */
  readonly caCertificate?: string | null;
  /** null takes the credentials away. */
  readonly credentials?: Credentials | null;
}

/**
 * A partial update: what is left out stays. A new url must come with the credentials (or null for none): Harbor would
 * send the old ones to the new host.
 */
export type EndpointUpdate = EndpointSettings &
  ({ readonly url?: undefined } | { readonly url: string; readonly credentials: Credentials | null });

export interface Project {
  readonly id: number;
  readonly name: string;
  /** The endpoint that it proxies; absent for a project that is no proxy cache. May be the id of an endpoint that is gone. */
  readonly registryId?: number;
  /** Harbor's settings; all values are strings: `public`, `auto_scan`, `proxy_speed_kb`, … */
  readonly metadata: Readonly<Record<string, string>>;
  /** From the metadata; absent where no retention policy is attached. */
  readonly retentionId?: number;
  readonly repositoryCount: number;
}

export interface NewProject {
  readonly name: string;
  readonly registryId: number;
  /** Bytes, or -1 for unlimited; left out: Harbor's default for new projects. */
  readonly storageLimit?: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Quota {
  readonly id: number;
  readonly projectId: number;
  readonly projectName: string;
  /** -1: unlimited. */
  readonly hardBytes: number;
  readonly usedBytes: number;
}

export interface Repository {
  readonly id: number;
  /** Without the project: `atlas/athena`. */
  readonly name: string;
  readonly artifactCount: number;
}

/** A whole list, as far as it can be read. */
export interface Listing<T> {
  readonly items: readonly T[];
  /** What is there and can't be read: not to be taken for missing. */
  readonly unreadable: readonly Unreadable[];
}

/** An object in a list that isn't as Harbor's objects are, and what can be read of it all the same. */
export interface Unreadable {
  readonly id?: number;
  readonly name?: string;
  /** An endpoint's. */
  readonly description?: string;
  /** The endpoint that a project is on. */
  readonly endpointId?: number;
  /** The project that a quota is for. */
  readonly projectId?: number;
  /** The field that can't be read. */
  readonly why: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of all pages, as Harbor counted when it answered. */
  readonly total: number;
}

/** A project's tag retention policy. */
export interface Retention {
  readonly id: number;
  readonly projectId: number;
  /**
   * Set when the policy is exactly one active rule, for all repositories and tags, that keeps what was pulled within so many days,
   * and it runs on a schedule.
   */
  readonly daysSinceLastPull?: number;
  /** It deletes nothing: it never runs by itself, or one of its rules keeps everything. */
  readonly keepsAll: boolean;
  /** Cron with six fields, as Harbor takes it; empty: never by itself. */
  readonly schedule: string;
  readonly ruleCount: number;
}

export interface NewRetention {
  readonly projectId: number;
  /**
   * `all`: nothing is ever deleted. Better than deleting the policy: a robot may update it, but not make a new one (403) once it is to
   * delete again.
   */
  readonly daysSinceLastPull: number | 'all';
}

export interface RobotPermission {
  /** `project`, or `system` (then the namespace is `/`). */
  readonly kind: 'project' | 'system';
  /** A project's name, or `*` for all. */
  readonly namespace: string;
  readonly access: readonly { readonly resource: string; readonly action: string }[];
}

export interface Robot {
  readonly id: number;
  /** The user name to log in with, e.g. `robot$px+puller`. */
  readonly name: string;
  readonly level: string;
  readonly description: string;
  readonly disabled: boolean;
  /** Seconds since 1970; -1: never. */
  readonly expiresAt: number;
  readonly permissions: readonly RobotPermission[];
}

export interface NewRobot {
  /** Short: Harbor makes `robot$NAME` or `robot$PROJECT+NAME` of it. */
  readonly name: string;
  readonly level: 'project' | 'system';
  readonly description: string;
  /** Days, or -1: never expires. */
  readonly durationDays: number;
  readonly permissions: readonly RobotPermission[];
}

/** The answer to a robot's creation: the only time that Harbor tells its secret. */
export interface CreatedRobot {
  readonly id: number;
  readonly name: string;
  readonly secret: string;
  readonly expiresAt: number;
}

export interface SystemInfo {
  /** e.g. `v2.15.2-080b0220`. Absent where the credentials weren't accepted: Harbor then answers as to anybody. */
  readonly version?: string;
  /** Where Harbor says it is to be reached, e.g. `https://harbor.example.org`. Absent as above. */
  readonly externalUrl?: string;
  readonly authMode: string;
  readonly readOnly: boolean;
}

/** `GET /health`: lags behind the truth by up to 12 s. */
export interface Health {
  readonly status: string;
  /** The names of the components that aren't healthy. */
  readonly unhealthy: readonly string[];
}
