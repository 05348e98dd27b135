import type { AxiosAdapter } from 'axios';

/** The adapter, with `mayWrite` asked before each attempt of a write. */
export function fencedAdapter(adapter: AxiosAdapter, mayWrite: (() => void) | undefined): AxiosAdapter {
  if (mayWrite === undefined) return adapter;
  return async (config) => {
    if (!/^(get|head)$/i.test(config.method ?? 'get')) mayWrite();
    return await adapter(config);
  };
}
