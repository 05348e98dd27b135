import type { CallOptions, HarborApi } from '../api.js';
import { HarborError, isHarborError } from '../http/errors.js';

type Asked = Pick<HarborApi, 'health' | 'checkTokenService' | 'checkAccess'>;

/**
 * What one check of a Harbor found.
 *
 * - `works`: nodes can pull, and the login is taken, or it could not be seen whether it is.
 * - `loginRefused`: nodes can pull, and the login is refused.
 * - `fails`: nodes can't pull.
 */
export type CheckResult =
  | { readonly kind: 'works' }
  | { readonly kind: 'loginRefused'; readonly message: string }
  | { readonly kind: 'fails'; readonly message: string };

/** The parts of Harbor that a pull needs. */
const NEEDED: ReadonlySet<string> = new Set(['core', 'database', 'registry']);

/**
 * Looks at a Harbor as a node would, and whether it takes the login. All at once, so that a Harbor that hangs costs one deadline.
 *
 * @throws what is no HarborError: a bug
 */
export async function checkHarbor(client: Asked, options: CallOptions): Promise<CheckResult> {
  const [nodes, login] = await Promise.all([nodesProblem(client, options), loginProblem(client, options)]);
  if (nodes !== undefined) return { kind: 'fails', message: nodes };
  return login === undefined ? { kind: 'works' } : { kind: 'loginRefused', message: login };
}

async function nodesProblem(client: Asked, options: CallOptions): Promise<string | undefined> {
  try {
    const [{ unhealthy }] = await Promise.all([client.health(options), client.checkTokenService(options)]);
    const broken = unhealthy.filter((name) => NEEDED.has(name));
    return broken.length === 0 ? undefined : `it reports ${broken.join(' and ')} as unhealthy`;
  } catch (error) {
    if (error instanceof HarborError) return error.message;
    throw error;
  }
}

/**
 * Only a 401 speaks of the login. Harbor answers it while its database is down, too, which the report of its health tells; what else fails here
 * stops no node.
 */
async function loginProblem(client: Asked, options: CallOptions): Promise<string | undefined> {
  try {
    await client.checkAccess(options);
    return undefined;
  } catch (error) {
    if (isHarborError(error, 'unauthorized')) return error.message;
    if (error instanceof HarborError) return undefined;
    throw error;
  }
}
