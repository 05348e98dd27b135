import type { Invariant } from './invariant.js';

export const foreignIsUntouched: Invariant = {
  name: 'what belongs to somebody else is as it was',
  breaches: ({ foreignChanges }) => foreignChanges,
};
