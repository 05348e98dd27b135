import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PullSecret, RobotRecord } from './pull-secret.js';

/** A project that a mirror has robot accounts in, or may have. */
export interface RobotPlace {
  /** Its url: another Harbor may have another project with this id. */
  readonly harbor: string;
  /** Its id, or its name where nothing tells the id. */
  readonly project: number | string;
  /** What Pods pull from, for a person. */
  readonly source: string;
  /** Only those for it; undefined: all of the mirror's. */
  readonly pullPrefix?: string;
}

/** Where the robot account of a Secret is. */
export function placeOfRobot({ harbor, projectId, pullPrefix }: RobotRecord): RobotPlace {
  return { harbor, project: projectId, source: pullPrefix, pullPrefix };
}

/** Where a mirror's robot accounts are: by its Secrets, and by its status, since somebody may have deleted the Secret for what it serves. Pure. */
export function robotPlaces(mirror: RegistryMirror, secrets: readonly PullSecret[]): readonly RobotPlace[] {
  const records = secrets.map(({ record }) => record);
  const places = records.map(({ harbor, projectId, pullPrefix }) => ({
    harbor,
    project: projectId,
    source: pullPrefix,
  }));
  const { url, projectID, projectName = '' } = mirror.status.harbor ?? {};
  const project = projectID ?? projectName;
  if (!injects(mirror) || url === undefined || project === '') return places;
  const isThere = ({ harbor, projectId, pullPrefix }: RobotRecord): boolean =>
    harbor === url && (projectId === projectID || pullPrefix.endsWith(`/${projectName}`));
  const source = mirror.status.pullPrefix ?? `project ${projectName} in ${url}`;
  return records.some(isThere) ? places : [...places, { harbor: url, project, source }];
}

/** Whether the mirror may have robot accounts that no Secret tells of. */
export function injects({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.pullSecret === 'Inject';
}
