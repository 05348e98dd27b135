import type { Invariant } from './invariant.js';

export const nothingIsLeft: Invariant = {
  name: 'mirrors that are deleted go, and their policies with them',
  breaches: ({ mirrors, policies }) => [
    ...mirrors.map(({ metadata, status }) => {
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      return `${metadata.name} is still there: ${ready?.message ?? 'it says nothing'}`;
    }),
    ...policies.map(({ kind, name }) => `${kind} ${name} is still there`),
  ],
};
