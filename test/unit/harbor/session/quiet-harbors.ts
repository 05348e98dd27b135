import type { HarborsOptions } from '../../../../src/harbor/session/harbors.js';

/** What tests of something else need not say of the Harbors: nobody listens, and no robot account is asked what it lacks. */
export const QUIET_HARBORS: Pick<
  HarborsOptions,
  'proxy' | 'onResponse' | 'onChange' | 'onTurn' | 'findMissingPermissions' | 'onMissingPermissions'
> = {
  proxy: {},
  onResponse: () => undefined,
  onChange: () => undefined,
  onTurn: () => undefined,
  findMissingPermissions: () => Promise.resolve([]),
  onMissingPermissions: () => undefined,
};
