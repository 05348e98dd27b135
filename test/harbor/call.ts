import type { IncomingHttpHeaders } from 'node:http';
import { badRequest, invalid } from './answer.js';
import type { Harbor } from './harbor.js';
import type { Robot } from './state.js';

/** Who calls. A wrong password makes its sender anonymous. */
export type Identity =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly id: number; readonly name: string; readonly admin: boolean }
  | { readonly kind: 'robot'; readonly robot: Robot; readonly name: string };

export const userName = (identity: Identity): string => {
  switch (identity.kind) {
    case 'anonymous':
      return '';
    case 'user':
    case 'robot':
      return identity.name;
  }
};

/** One request to the API, its path parameters decoded once. */
export interface Call {
  readonly harbor: Harbor;
  readonly method: string;
  /** Without the query, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly params: Readonly<Record<string, string>>;
  readonly identity: Identity;
}

/** A path parameter that must be a number. */
export function idOf(call: Call, name: string): number {
  const text = paramOf(call, name);
  if (!/^-?\d+$/.test(text)) throw invalid(`${name} in path must be of type int64: ${JSON.stringify(text)}`);
  return Number(text);
}

export function paramOf(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw badRequest(`no parameter ${name}`);
  return value;
}

export function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
