/** The Secrets of an operator's namespace that has none. */
export const NO_SECRETS = { namespace: 'registry-mirror-system', find: () => undefined } as const;
