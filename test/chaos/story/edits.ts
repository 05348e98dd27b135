import type { LooseSpec } from '../../support/world.js';
import { ENGINES, FOREIGN_PROJECT, projectsOf, SHARED_HOST } from './fleet.js';
import type { Cast } from './fleet.js';
import type { Random } from './random.js';

type Edit = (random: Random, cast: Cast) => LooseSpec;

/** What writers do to a mirror's spec, as merge patches, by how often they do it. */
const EDITS: readonly (readonly [weight: number, edit: Edit])[] = [
  [3, (random, { host }) => ({ upstream: { hosts: hosts(random, host) } })],
  [3, (random) => ({ rewrite: { repositories: repositories(random) } })],
  [3, (random, cast) => ({ project: { name: random.pick(projectsOf(cast)) } })],
  [0.3, () => ({ project: { name: FOREIGN_PROJECT } })],
  [2, (random) => visibility(random.chance(0.5))],
  [3, (random) => ({ rewrite: { engine: random.pick([...ENGINES, 'Auto', 'None']) } })],
  [1, (random) => ({ rewrite: { failurePolicy: random.pick(['Fail', 'Ignore']) } })],
  [1, (random) => ({ suspend: random.chance(0.4) })],
  [1, (random) => ({ project: { storageQuota: random.pick(['2Gi', '5Gi', 'unlimited']) } })],
  [1, (random) => ({ upstream: { description: `cache number ${random.between(1, 9)}` } })],
  [
    2,
    (random, { leavesNothing }) => ({ deletionPolicy: leavesNothing ? 'Delete' : random.pick(['Retain', 'Delete']) }),
  ],
];

export function randomEdit(random: Random, cast: Cast): LooseSpec {
  return random.weighted(EDITS)(random, cast);
}

/** Who can't pull without a login is given one. */
function visibility(isPublic: boolean): LooseSpec {
  return { project: { public: isPublic }, rewrite: { pullSecret: isPublic ? 'None' : 'Inject' } };
}

function hosts(random: Random, own: string): readonly string[] {
  return random.weighted([
    [3, [own]],
    [2, [own, `also-${own}`]],
    [1, [own, SHARED_HOST]],
  ]);
}

/** null takes it out of the spec: everything is rewritten. */
function repositories(random: Random): LooseSpec | null {
  return random.weighted<LooseSpec | null>([
    [2, null],
    [1, { include: ['library/**'], exclude: null }],
    [1, { include: ['library/**', 'team/*'], exclude: ['library/secret/**'] }],
    [1, { include: ['**'], exclude: ['team/**'] }],
  ]);
}
