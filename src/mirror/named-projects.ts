import type { RegistryMirror } from '../api/registry-mirror.js';
import { projectName } from '../api/spec/upstream-types.js';

/** The projects that a mirror names: the one of its spec, and the one of its status, which it had when that was written. */
export function namedProjects(mirror: RegistryMirror): readonly string[] {
  const wanted = projectName(mirror);
  const reported = mirror.status.harbor?.projectName;
  return reported === undefined || reported === wanted ? [wanted] : [wanted, reported];
}
