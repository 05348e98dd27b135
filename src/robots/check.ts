import type { CallOptions, HarborApi } from '../harbor/api.js';
import { isHarborError } from '../harbor/http/errors.js';
import { permissionFor } from '../harbor/permissions.js';

type Asked = Pick<HarborApi, 'checkAccess' | 'getEndpoint' | 'findQuota' | 'projectDeletionBlocker'>;

/** An id that no Harbor gives out soon: who may read is told that it isn't there, who may not is told that. */
const NO_ID = 2_147_483_647;

/**
 * What these credentials may not do, by harmless reads: a robot may not ask for its own permissions. That it may write shows only when it
 * does, except for deletion, which has a question of its own.
 *
 * @param someProject - id of any project; undefined where there is none to ask about
 * @returns missing permissions in the words of Harbor's form, e.g. `Quota: list (system)`
 * @throws HarborError other than a 403
 */
export async function missingPermissions(
  api: Asked,
  someProject: number | undefined,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const questions: readonly (() => Promise<unknown>)[] = [
    async () => api.checkAccess(options),
    async () => api.getEndpoint(NO_ID, options),
    async () => api.findQuota(NO_ID, options),
    ...(someProject === undefined ? [] : [async () => api.projectDeletionBlocker(someProject, options)]),
  ];
  const missing: string[] = [];
  for (const question of questions) {
    try {
      await question();
    } catch (error) {
      if (!isHarborError(error, 'forbidden')) throw error;
      missing.push(permissionFor(error.method, error.path) ?? `${error.method} ${error.path}`);
    }
  }
  return missing;
}
