import type { Robot } from '../harbor/types.js';

const DAY_MS = 86_400_000;
/** How long a robot account is valid. Harbor counts in whole days, and can't extend one. */
export const LIFE_DAYS = 30;
/** Replaced when only a third of its life is left: time enough for a Harbor that is down. */
const RENEW_BEFORE_MS = (LIFE_DAYS * DAY_MS) / 3;
/** How long a replaced robot stays: kubelets keep a Secret for up to a minute or two, and a pull takes its time. */
export const GRACE_MS = 10 * 60_000;

/** A login whose secret the operator keeps. */
export interface KeptLogin {
  /** Undefined where an earlier version didn't note it: then the user name tells. */
  readonly robotId?: number;
  readonly username: string;
  /** For how long the secret has been kept. */
  readonly ageMs: number;
}

/** Two names that take turns: a new secret for the same robot would void the old one at once, while it is in use. */
export type RobotNames = readonly [string, string];

interface RotationInput {
  /** All robot accounts among which these names must be unique. */
  readonly robots: readonly Robot[];
  readonly names: RobotNames;
  /** Whether the robot is the operator's own, by its mark. */
  readonly isOurs: (robot: Robot) => boolean;
  readonly kept: KeptLogin | undefined;
  /** ms since 1970: Harbor says when a robot expires by the clock on the wall. */
  readonly now: number;
}

/** What to do about the robot accounts behind one login. */
export type Rotation =
  | {
      readonly kind: 'keep';
      /** Those that nobody uses any more. */
      readonly retire: readonly Robot[];
      /** ms until those of before can be retired; undefined where there are none. */
      readonly retireInMs?: number;
      /** What Harbor calls the robot now, where that isn't what is kept: its prefix for robots was changed. The secret is still valid. */
      readonly username?: string;
    }
  /** Make `name`, after `remove`, of which nobody has the secret any more, is gone. */
  | { readonly kind: 'replace'; readonly name: string; readonly remove?: Robot }
  /** Both names are somebody else's. */
  | { readonly kind: 'foreign'; readonly names: readonly string[] };

/**
 * Compares the robots that are there with the one whose secret is kept. Pure.
 *
 * Killed between making a robot and keeping its secret, the next look finds one that nobody has the secret of: it is removed, and made anew.
 */
export function planRotation({ robots, names, isOurs, kept, now }: RotationInput): Rotation {
  const ours = robots.filter(isOurs);
  const current = kept === undefined ? undefined : ours.find((robot) => isOf(robot, kept) && !robot.disabled);
  if (current === undefined || kept === undefined || isDue(current, now))
    return replacement({ robots, names, isOurs }, current);
  const others = ours.filter(({ id }) => id !== current.id);
  const leftMs = Math.max(0, GRACE_MS - kept.ageMs);
  return {
    kind: 'keep',
    retire: leftMs === 0 ? others : [],
    ...(leftMs === 0 || others.length === 0 ? {} : { retireInMs: leftMs }),
    ...(current.name === kept.username ? {} : { username: current.name }),
  };
}

/** What is written to Harbor and to Secrets, in a person's words. */
export function describeRotation(rotation: Rotation): readonly string[] {
  const deletions = (robots: readonly Robot[]): readonly string[] =>
    robots.map(({ name }) => `delete robot account ${name}`);
  switch (rotation.kind) {
    case 'keep': {
      const { retire, username } = rotation;
      const renamed = username === undefined ? [] : [`write the new name of robot account ${username} to its Secrets`];
      return [...renamed, ...deletions(retire)];
    }
    case 'replace': {
      const { name, remove } = rotation;
      return [...deletions(remove === undefined ? [] : [remove]), `create robot account ${name}`];
    }
    case 'foreign':
      return [];
  }
}

/** Whether carrying it out writes nothing anywhere. */
export function isQuiet(rotation: Rotation): boolean {
  return rotation.kind === 'keep' && rotation.retire.length === 0 && rotation.username === undefined;
}

/** The free one of the two names, or the one that a robot of ours has of which nobody has the secret. */
function replacement(
  { robots, names, isOurs }: Pick<RotationInput, 'robots' | 'names' | 'isOurs'>,
  current: Robot | undefined,
): Rotation {
  const free = names.filter((name) => current === undefined || !isNamed(current, name));
  for (const name of free) {
    const holder = robots.find((robot) => isNamed(robot, name));
    if (holder === undefined) return { kind: 'replace', name };
    if (isOurs(holder)) return { kind: 'replace', name, remove: holder };
  }
  return { kind: 'foreign', names: free };
}

function isOf({ id, name }: Robot, { robotId, username }: KeptLogin): boolean {
  return robotId === undefined ? name === username : id === robotId;
}

function isDue({ expiresAt }: Robot, now: number): boolean {
  return expiresAt !== -1 && expiresAt * 1000 - now <= RENEW_BEFORE_MS;
}

/** Harbor puts its own prefix (`robot$`, which can be changed) in front, and the project's name and a plus sign for a project's robot. */
export function isNamed({ name, level }: Robot, own: string): boolean {
  return name.endsWith(level === 'project' ? `+${own}` : own);
}
