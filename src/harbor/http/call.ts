import type { HttpMethod } from './errors.js';

/**
 * Which calls share connections. A hanging upstream holds a call that pings it open for minutes, and so must not take the
 * connections of the others; and the health check must not wait behind a queue of either. A pull may hang as long, and is nobody's affair but its own.
 */
export type LaneName = 'api' | 'upstream' | 'health' | 'pull';

/** Who is pulled as, where that isn't the operator. */
export interface PullLogin {
  readonly username: string;
  readonly password: string;
}

/** One call, as data. */
export interface Call {
  readonly method: HttpMethod;
  /** With placeholders, e.g. `/registries/{id}`: also the label in the metrics, so that names don't get there. */
  readonly route: string;
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** The project in the path is meant by name although it may look like an id. */
  readonly byName?: boolean;
  /** Default `api`. */
  readonly lane?: LaneName;
  /** Sent without credentials. */
  readonly anonymous?: boolean;
  /** Sent with these in place of the operator's. Like those, they go to Harbor's url and nowhere else. */
  readonly as?: PullLogin | { readonly token: string };
  /** Default: JSON. */
  readonly accept?: string;
  /** Whether a 401 is an answer and no error: who it sends for a token, and where. */
  readonly isAnsweredByChallenge?: boolean;
  /** The route starts at Harbor's root, not at the API's. */
  readonly atRoot?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON; undefined where there was no body. */
  readonly body: unknown;
  /** How long the body was. */
  readonly characters: number;
  readonly location: string | undefined;
  /** X-Total-Count. */
  readonly total: number | undefined;
  /** Www-Authenticate. */
  readonly challenge?: string | undefined;
}

/** The one way to Harbor. Rejects with a HarborError. */
export type HarborRequest = (call: Call) => Promise<Answer>;

/**
 * Fills in the route. A repository's slashes are encoded twice (`%252F`) for the API: Harbor decodes once before it routes. On the pull path
 * a path and a reference stand as they are.
 */
export function callPath(call: Call): string {
  const path = call.route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = encodeURIComponent(String(call.params?.[name] ?? ''));
    if (name === 'path' || name === 'reference') return value.replaceAll('%2F', '/').replaceAll('%3A', ':');
    return name === 'repository' ? value.replaceAll('%2F', '%252F') : value;
  });
  return call.atRoot === true ? path : `/api/v2.0${path}`;
}

export function isWrite(method: HttpMethod): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
