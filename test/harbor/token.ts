import type { Answer } from './answer.js';
import { internal, ok } from './answer.js';
import type { Call, Identity } from './call.js';
import type { Harbor } from './harbor.js';
import { mayOnProject, mayOnSystem } from './permissions.js';

export interface Token {
  readonly identity: Identity;
  /** `repository:project/name:pull`; none for a login only. */
  readonly scopes: readonly string[];
}

/** What a token says its owner may do, as in the claims of a real one. */
interface TokenAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const tokens = new WeakMap<Harbor, Map<string, Token>>();

/**
 * A token for whoever asks, also for what isn't there or not theirs: it then grants nothing. Only a request without any
 * scope, not even an empty one, is a login, and refused to those who aren't logged in.
 */
export function issueToken(call: Call): Answer {
  const { harbor, identity, query } = call;
  if (harbor.broken.tokenService) throw internal();
  const service = query.get('service') ?? '';
  if (service !== 'harbor-registry') {
    return {
      status: 400,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      raw: `Unable to handle service: ${service}`,
    };
  }
  if (!query.has('scope') && identity.kind === 'anonymous') return { status: 401 };
  const scopes = query.getAll('scope').flatMap((scope) => scope.split(' ').filter((one) => one !== ''));
  const known = tokens.get(harbor) ?? new Map<string, Token>();
  tokens.set(harbor, known);
  const access = scopes.length === 0 ? null : scopes.map((scope) => granted(call, scope));
  const claims = Buffer.from(JSON.stringify({ access, n: known.size })).toString('base64url');
  const text = `eyJhbGciOiJSUzI1NiIs.${claims}.x`;
  known.set(text, { identity, scopes });
  return {
    ...ok({ token: text, access_token: '', expires_in: 1800, issued_at: `${new Date().toISOString().slice(0, 19)}Z` }),
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  };
}

/** All that the caller may do there, whatever was asked for. */
function granted({ harbor, identity }: Call, scope: string): TokenAccess {
  const [type = '', name = ''] = scope.split(':');
  if (type === 'registry') return { type, name, actions: mayOnSystem(identity, 'catalog', 'read') ? ['*'] : [] };
  const project = harbor.state.projectNamed(name.split('/')[0] ?? '');
  const may = (action: string): boolean =>
    project !== undefined && mayOnProject(identity, project, 'repository', action);
  return { type, name, actions: ['push', 'delete', 'pull'].filter(may) };
}

export const tokenOf = (harbor: Harbor, text: string): Token | undefined => tokens.get(harbor)?.get(text);
