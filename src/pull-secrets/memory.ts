import type { Robot } from '../harbor/types.js';
import type { RobotsSession } from '../robots/session.js';

/** The robot accounts of a project, as they were read. */
export interface RobotList {
  readonly session: RobotsSession;
  readonly projectId: number;
  readonly robots: readonly Robot[];
  readonly at: number;
}

/** What is remembered of one mirror from look to look, and forgotten with it. Times are of a clock that never goes back. */
export interface PullMemory {
  /** Since when a Secret has been named by no policy. */
  readonly unusedSince: ReadonlyMap<string, number>;
  /** Since when the login of a robot account is known to be kept. */
  readonly keptSince: ReadonlyMap<string, number>;
  readonly robots?: RobotList;
  /** Where a copy could not be written at the last look: `namespace/name`, and what the API server said. */
  readonly refused: ReadonlyMap<string, RefusedCopy>;
}

/** A copy that a namespace doesn't take. */
export interface RefusedCopy {
  readonly namespace: string;
  readonly name: string;
  /** It is to go from there. */
  readonly isDeletion: boolean;
  /** A Secret of somebody else's has its name. */
  readonly isTaken: boolean;
  /** The rights are missing, or a quota is used up, or the namespace is going away. */
  readonly isForbidden: boolean;
  /** Whether it is taken for a matter of that namespace. What may pass is tried once more first. */
  readonly isFinal: boolean;
  /** In the API server's words. */
  readonly message: string;
}

export const NOTHING_REMEMBERED: PullMemory = {
  unusedSince: new Map(),
  keptSince: new Map(),
  refused: new Map(),
};
