import type { EnginePolicy } from './policy.js';
import type { PolicyInput } from './render.js';

export function mutatingPolicy(input: PolicyInput): EnginePolicy {
  throw new Error(`MutatingPolicy is not rendered yet: ${input.name}`);
}
