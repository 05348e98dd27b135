import type { RenderedPolicy } from './policy.js';
import type { PolicyInput } from './render.js';

export function mutatingPolicy(input: PolicyInput): RenderedPolicy {
  throw new Error(`MutatingPolicy is not rendered yet: ${input.name}`);
}
