import type { EnginePolicy } from './policy.js';
import type { PolicyInput } from './render.js';

export function mutatingAdmissionPolicy(input: PolicyInput): EnginePolicy {
  throw new Error(`MutatingAdmissionPolicy is not rendered yet: ${input.name}`);
}
