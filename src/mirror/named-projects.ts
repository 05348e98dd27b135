import type { RegistryMirror } from '../api/registry-mirror.js';
import { projectName } from '../api/spec/upstream-types.js';

/**
 * The projects that a mirror names: the one of its spec, the one of its status, which it had when that was written, and those that it had in Harbors
 * that it was moved away from: its Pods may be sent there for as long as the new one can't be reached.
 */
export function namedProjects(mirror: RegistryMirror): readonly string[] {
  const { harbor, formerHarbors = [] } = mirror.status;
  const reported = harbor?.projectName === undefined ? [] : [harbor.projectName];
  return [...new Set([projectName(mirror), ...reported, ...formerHarbors.map((former) => former.projectName)])];
}
