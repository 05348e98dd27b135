import type { HttpMethod } from './errors.js';

/**
 * Which calls share connections. A hanging upstream holds a call that pings it open for minutes, and so must not take the
 * connections of the others; and the health check must not wait behind a queue of either.
 */
export type LaneName = 'api' | 'upstream' | 'health';

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
}

/** The one way to Harbor. Rejects with a HarborError. */
export type HarborRequest = (call: Call) => Promise<Answer>;

/**
 * Fills in the route. A repository's slashes are encoded twice (`%252F`): Harbor decodes once before it routes.
 */
export function callPath(call: Call): string {
  const path = call.route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = encodeURIComponent(String(call.params?.[name] ?? ''));
    return name === 'repository' ? value.replaceAll('%2F', '%252F') : value;
  });
  return call.atRoot === true ? path : `/api/v2.0${path}`;
}

export function isWrite(method: HttpMethod): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
