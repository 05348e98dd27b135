import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectIn } from '../../engines/entry.js';
import type { PullSecret, RobotRecord } from '../pull-secret.js';
import type { RobotProject } from './robot-removal.js';

/** A project that a mirror has robot accounts in, or may have. */
export interface RobotPlace {
  /** Its url: another Harbor may have another project with this id. */
  readonly harbor: string;
  readonly project: RobotProject;
  /** What Pods pull from, for a person. */
  readonly source: string;
  /** Only those for it; undefined: all of the mirror's. */
  readonly pullPrefix?: string;
}

/** Where the robot account of a Secret is. */
export function placeOfRobot({ harbor, projectId, pullPrefix }: RobotRecord): RobotPlace {
  return { harbor, project: { id: projectId, name: projectIn(pullPrefix) }, source: pullPrefix, pullPrefix };
}

/** Where a mirror's robot accounts are: by its Secrets, and by its status, since somebody may have deleted the Secret for what it serves. Pure. */
export function robotPlaces(mirror: RegistryMirror, secrets: readonly PullSecret[]): readonly RobotPlace[] {
  const records = secrets.map(({ record }) => record);
  const places = records.map(placeOfRobot).map(({ harbor, project, source }) => ({ harbor, project, source }));
  const { harbor: { url, projectID, projectName } = {}, pullPrefix = '' } = mirror.status;
  const name = projectName ?? projectIn(pullPrefix);
  if (!injects(mirror) || url === undefined || name === '') return places;
  const isThere = ({ harbor, project }: RobotPlace): boolean =>
    harbor === url && (project.id === projectID || project.name === name);
  const source = mirror.status.pullPrefix ?? `project ${name} in ${url}`;
  return places.some(isThere) ? places : [...places, { harbor: url, project: { id: projectID, name }, source }];
}

/** Whether the mirror may have robot accounts that no Secret tells of. */
export function injects({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.pullSecret === 'Inject';
}
