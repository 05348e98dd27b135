import type { Origin } from '../../harbor/mark.js';
import type { Project } from '../../harbor/types.js';
import type { Action } from './actions.js';
import { keeps } from '../desired/project-limits.js';
import { differingSettings } from '../desired/project-settings.js';

import type { PlanInput } from './plan-input.js';

const NONE: ReadonlySet<string> = new Set();

/** What differs from the settings that the mirror manages, as writes. Pure. */
export function projectUpdates(input: PlanInput, project: Project, origin: Origin): readonly Action[] {
  const { desired, view } = input;
  // What was somebody's own before isn't opened to everybody by a default.
  const isLeft = (key: string): boolean => key === 'public' && origin === 'adopted' && !desired.statesPublic;
  const wanted = Object.fromEntries(Object.entries(desired.metadata).filter(([key]) => !isLeft(key)));
  const actions: Action[] = [];
  const metadata = differingSettings(wanted, project.metadata, input.unsupported ?? NONE);
  if (Object.keys(metadata).length > 0) {
    actions.push({ kind: 'UpdateProject', id: project.id, name: project.name, metadata });
  }
  const quota = view.quotaByProject(project.id);
  if (desired.storageLimit !== undefined && quota !== undefined && quota.hardBytes !== desired.storageLimit) {
    actions.push({
      kind: 'UpdateQuota',
      id: quota.id,
      project: project.name,
      projectId: project.id,
      hardBytes: desired.storageLimit,
    });
  }
  const keep = desired.retention;
  if (keep !== undefined && input.retention !== undefined && !keeps(input.retention, keep)) {
    actions.push({ kind: 'SetRetention', project: project.name, projectId: project.id, keep });
  }
  return actions;
}
