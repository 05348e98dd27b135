import type { Answer } from './answer.js';
import { internal, ok } from './answer.js';
import type { Call, Identity } from './call.js';
import type { Harbor } from './harbor.js';

export interface Token {
  readonly identity: Identity;
  /** `repository:project/name:pull`; none for a login only. */
  readonly scopes: readonly string[];
}

const tokens = new WeakMap<Harbor, Map<string, Token>>();

/** A token for whoever asks: what it's good for is looked at when it's used. */
export function issueToken(call: Call): Answer {
  if (call.harbor.broken.tokenService) throw internal();
  const service = call.query.get('service') ?? '';
  if (service !== 'harbor-registry') {
    return {
      status: 400,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      raw: `Unable to handle service: ${service}`,
    };
  }
  // Without a scope, not even an empty one, it is a login.
  if (!call.query.has('scope') && call.identity.kind === 'anonymous') return { status: 401 };
  const scopes = call.query.getAll('scope').flatMap((scope) => scope.split(' '));
  const known = tokens.get(call.harbor) ?? new Map<string, Token>();
  tokens.set(call.harbor, known);
  const text = `eyJhbGciOiJSUzI1NiIs.${Buffer.from(JSON.stringify({ scopes, n: known.size })).toString('base64url')}.x`;
  known.set(text, { identity: call.identity, scopes });
  return {
    ...ok({ token: text, access_token: '', expires_in: 1800, issued_at: `${new Date().toISOString().slice(0, 19)}Z` }),
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  };
}

export const tokenOf = (harbor: Harbor, text: string): Token | undefined => tokens.get(harbor)?.get(text);
