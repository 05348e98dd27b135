import type { Fault } from '../../harbor/index.js';
import { randomEdit } from './edits.js';
import { createFleet } from './fleet.js';
import type { Cast, HarborName } from './fleet.js';
import { Random } from './random.js';
import type { Step, TimedStep } from './step.js';

export interface StoryOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly mirrors: number;
}

/** Everything that happens in a run. */
export interface Story {
  readonly fleet: readonly Cast[];
  readonly steps: readonly TimedStep[];
}

/** The pause between two steps, on average. */
const PAUSE_MS = 450;
/** Mirrors are there, and mostly Ready, before anything else happens. */
const PEACE_MS = 5_000;

const HARBORS: readonly HarborName[] = ['first', 'second'];

const FAULTS: readonly Fault[] = [
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'half answer' },
  { kind: 'hang', when: 'before' },
  { kind: 'hang', when: 'after' },
  { kind: 'delay', ms: 700 },
  { kind: 'answer', status: 429, headers: { 'Retry-After': '1' } },
  { kind: 'answer', status: 500 },
  { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' },
  { kind: 'answer', status: 503 },
];

type Writer = (random: Random, cast: Cast) => readonly Step[];

/** Who does what, by how often. What takes effect at one mirror gets a random one. */
const WRITERS: readonly (readonly [weight: number, writer: Writer])[] = [
  [30, (random, cast) => [{ kind: 'EditMirror', mirror: cast.name, patch: randomEdit(random, cast) }]],
  [4, (_, { name }) => [{ kind: 'DeleteMirror', mirror: name }]],
  [
    4,
    (_, { name }) => [
      { kind: 'DeleteMirror', mirror: name },
      { kind: 'CreateMirror', mirror: name },
    ],
  ],
  [10, (_, { name }) => [{ kind: 'CreateMirror', mirror: name }]],
  [3, (_, { name }) => [{ kind: 'AskForALook', mirror: name }]],
  [5, (random, { name }) => [{ kind: 'MoveMirror', mirror: name, to: random.pick(HARBORS) }]],
  [0.5, (random) => [{ kind: 'RotateHarborLogin', password: newPassword(random), ms: random.between(0, 5_000) }]],
  [5, (random, cast) => (cast.secret === undefined ? [] : [rotation(random, cast)])],
  [1, (_, { name, secret }) => (secret === undefined ? [] : [{ kind: 'DeleteSecret', mirror: name }])],
  [
    4,
    (random, { name }) => [
      {
        kind: 'EditEndpointByHand',
        mirror: name,
        what: random.weighted([
          [4, 'url'],
          [4, 'insecure'],
          [4, 'text'],
          [1, 'mark'],
        ]),
      },
    ],
  ],
  [2, (_, { name }) => [{ kind: 'EditProjectByHand', mirror: name }]],
  [3, (random, { name }) => [{ kind: 'DeleteProjectByHand', mirror: name, andEndpoint: random.chance(0.5) }]],
  [
    3,
    (random) => [
      {
        kind: 'EditPolicyByHand',
        number: random.between(0, 99),
        what: random.pick(['label', 'mirrors', 'spec', 'conditions']),
      },
    ],
  ],
  [2, (random) => [{ kind: 'DeletePolicyByHand', number: random.between(0, 99) }]],
  [
    2,
    (random) => [
      { kind: 'ChangePullSecretByHand', number: random.between(0, 99), what: random.pick(['delete', 'empty']) },
    ],
  ],
  [12, (random) => [harborFault(random)]],
  [1.5, (random) => [{ kind: 'HarborGoesAway', harbor: random.pick(HARBORS), ms: random.between(500, 8_000) }]],
  [
    3,
    (random) => [
      {
        kind: 'ApiServerFails',
        how: random.pick(['refuses writes', 'loses answers', 'is slow']),
        times: random.between(1, 5),
      },
    ],
  ],
  [2, () => [{ kind: 'WatchesDrop' }]],
  [0.4, (random) => [{ kind: 'ApiServerRestarts', forgets: random.chance(0.5) }]],
  [
    3,
    (random, { name }) => [
      {
        kind: 'UpstreamFails',
        mirror: name,
        state: random.pick(['down', 'hanging']),
        ms: random.between(1_000, 15_000),
      },
    ],
  ],
  [
    8,
    (random, { name, withdraws }) =>
      withdraws ? [{ kind: 'UpstreamStaysAway', mirror: name, ms: random.between(25_000, 40_000) }] : [],
  ],
  [0.8, (random) => [{ kind: 'KyvernoGoesAway', ms: random.between(1_000, 8_000) }]],
  [
    1.5,
    (random) => [
      {
        kind: 'OperatorEnds',
        which: random.chance(0.8) ? 'leader' : 'standby',
        signal: random.chance(0.7) ? 'SIGKILL' : 'SIGTERM',
      },
    ],
  ],
  [1, (random) => [{ kind: 'LeaderFreezes', ms: random.between(1_000, 12_000) }]],
];

/** Works out a run from its seed. Pure: the same for the same options. */
export function writeStory({ seed, durationMs, mirrors }: StoryOptions): Story {
  const random = new Random(seed);
  const fleet = createFleet(mirrors);
  const steps: TimedStep[] = fleet.map(({ name }) => ({ atMs: 0, step: { kind: 'CreateMirror', mirror: name } }));
  for (let atMs = PEACE_MS; atMs < durationMs; atMs += random.between(0, 2 * PAUSE_MS)) {
    const writer = random.weighted(WRITERS);
    for (const step of writer(random, random.pick(fleet))) steps.push({ atMs, step });
  }
  return { fleet, steps };
}

function rotation(random: Random, { name }: Cast): Step {
  return { kind: 'RotateSecret', mirror: name, password: newPassword(random), upstreamFirst: random.chance(0.5) };
}

function newPassword(random: Random): string {
  return `pass-word-${random.between(0, 2 ** 31).toString(36)}`;
}

function harborFault(random: Random): Step {
  const method = random.weighted([
    [3, 'GET'],
    [3, 'POST'],
    [2, 'PUT'],
    [2, 'DELETE'],
  ]);
  const harbor = random.pick(HARBORS);
  return { kind: 'HarborFails', harbor, fault: random.pick(FAULTS), method, times: random.between(1, 4) };
}
