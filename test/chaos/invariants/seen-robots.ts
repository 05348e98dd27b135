import { OPERATOR } from '../../../src/api/group.js';
import type { PullIdentity } from '../../../src/robots/pull-robot.js';
import type { Stage } from '../stage/stage.js';
import type { HarborName } from '../story/fleet.js';

/** A robot account that Pods of one mirror pull with. */
export interface SeenRobot {
  readonly harbor: HarborName;
  readonly name: string;
  readonly mirror: string;
  /** Whether the operator has told that it stays, since its Harbor could not be reached. */
  readonly isTold: boolean;
}

const MARK = new RegExp(String.raw`\[${OPERATOR} v1 cluster=(\S+) mirror=(\S+) pull=(\S+)\]$`);

/** Those of this cluster's mirrors, by what their descriptions say. */
export function readRobots({ harbors, replicas }: Stage, clusterId: string): readonly SeenRobot[] {
  const logs = replicas.outputs().map(([, output]) => output);
  return harbors.all().flatMap(([harbor, standIn]) =>
    standIn.robots().flatMap(({ name, description }) => {
      const pulls = whosePulls(description);
      if (pulls?.clusterId !== clusterId) return [];
      const { mirror, pullPrefix } = pulls;
      return [{ harbor, name, mirror, isTold: logs.some((log) => tellsThatItStays(log, pullPrefix)) }];
    }),
  );
}

/** Undefined for a robot account that is for something else. */
export function whosePulls(description: string): PullIdentity | undefined {
  const [clusterId, mirror, pullPrefix] = (MARK.exec(description) ?? []).slice(1).map(decodeURIComponent);
  const isWhole = clusterId !== undefined && mirror !== undefined && pullPrefix !== undefined;
  return isWhole ? { clusterId, mirror, pullPrefix } : undefined;
}

/** In the log as in the last Event, which may be lost. */
export function tellsThatItStays(log: string, pullPrefix: string): boolean {
  return (
    log.includes(`a robot account for pulling from ${pullPrefix} (it expires`) ||
    log.includes(`The robot account for ${pullPrefix} could not be deleted`)
  );
}
