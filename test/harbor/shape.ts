import { isObject } from './body.js';
import { routeName } from './routes.js';

export type Caller = 'anonymous' | 'user' | 'robot' | 'bearer' | 'wrong password';

/** A call to Harbor without what is another each time: ids, names, values. */
export interface Shape {
  readonly method: string;
  /** As Harbor's API description writes it: `/api/v2.0/projects/{project_name_or_id}`. */
  readonly route: string;
  /** Sorted names of the query's parameters; of `q` also the keys in it: `q.name`. */
  readonly query: readonly string[];
  readonly caller: Caller;
  /** Sorted paths of the body's members: `credential.type`, `permissions[].access[].action`. */
  readonly body: readonly string[];
}

export interface ShapedCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly caller: Caller;
  /** Parsed JSON; undefined without a body, or when it isn't JSON. */
  readonly body: unknown;
}

export function shapeOf({ method, path, caller, body }: ShapedCall): Shape {
  const [bare = '', query = ''] = path.split('?');
  return { method, route: routeOf(bare), query: queryNames(query), caller, body: sorted(members(body, '')) };
}

/** `POST /api/v2.0/projects?page as robot {project_name, metadata.public}`: the same text for the same shape. */
export function shapeText({ method, route, query, caller, body }: Shape): string {
  const asked = query.length === 0 ? '' : `?${query.join('&')}`;
  const sent = body.length === 0 ? '' : ` {${body.join(', ')}}`;
  return `${method} ${route}${asked} as ${caller}${sent}`;
}

const apiRoot = '/api/v2.0';

function routeOf(path: string): string {
  if (path.startsWith(`${apiRoot}/`)) return `${apiRoot}${routeName(path.slice(apiRoot.length))}`;
  const pull = /^\/v2\/.+\/(manifests|blobs|tags)\/([^/]+)/.exec(path);
  if (pull === null) return path;
  return pull[1] === 'tags' ? '/v2/{repository}/tags/list' : `/v2/{repository}/${pull[1] ?? ''}/{reference}`;
}

function queryNames(text: string): readonly string[] {
  const names = [...new URLSearchParams(text)].flatMap(([name, value]) =>
    name === 'q' ? value.split(',').map((term) => `q.${term.split('=')[0] ?? ''}`) : [name],
  );
  return sorted(names);
}

function members(value: unknown, path: string): readonly string[] {
  const inner = Array.isArray(value)
    ? value.flatMap((item) => members(item, `${path}[]`))
    : Object.entries(isObject(value) ? value : {}).flatMap(([name, item]) =>
        members(item, path === '' ? name : `${path}.${name}`),
      );
  return inner.length === 0 && path !== '' ? [path] : inner;
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
