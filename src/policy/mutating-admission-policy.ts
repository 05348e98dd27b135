import type { RenderedPolicy } from './policy.js';
import type { PolicyInput } from './render.js';

export function mutatingAdmissionPolicy(input: PolicyInput): RenderedPolicy {
  throw new Error(`MutatingAdmissionPolicy is not rendered yet: ${input.name}`);
}
