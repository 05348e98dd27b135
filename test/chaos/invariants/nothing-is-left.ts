import type { Invariant } from './invariant.js';

export const nothingIsLeft: Invariant = {
  name: 'mirrors that are deleted go, and their policies and pull Secrets with them',
  breaches: ({ mirrors, policies, pullSecrets }) => [
    ...mirrors.map(({ metadata, status }) => {
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      return `${metadata.name} is still there: ${ready?.message ?? 'it says nothing'}`;
    }),
    ...pullSecrets.map(({ namespace, pullPrefix }) => `the Secret for ${pullPrefix} is still in ${namespace}`),
    ...policies.map(({ kind, name }) => `${kind} ${name} is still there`),
  ],
};
