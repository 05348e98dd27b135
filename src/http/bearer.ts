import { createHash, timingSafeEqual } from 'node:crypto';
import { text } from './server.js';
import type { Route } from './server.js';

/**
 * The same route for those who show a token.
 *
 * @param readToken reads it anew for each request, so that a changed one counts at once; throws, or gives nothing, where there is none: then
 *   nobody gets in.
 */
export function withToken(route: Route, readToken: () => string): Route {
  return async (authorization) => {
    const token = readToken().trim();
    if (token === '') throw new Error('The file with the token is empty.');
    const shown = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (shown !== undefined && isSame(shown, token)) return await route(authorization);
    return { ...text(401, 'a token is needed'), headers: { 'WWW-Authenticate': 'Bearer' } };
  };
}

/** Takes as long whatever they are, so that nobody can guess one piece by piece. */
function isSame(one: string, other: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(one), digest(other));
}
