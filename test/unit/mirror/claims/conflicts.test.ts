import { expect } from 'chai';
import { conflictOf, findConflicts } from '../../../../src/mirror/claims/conflicts.js';
import type { Claim } from '../../../../src/mirror/claims/conflicts.js';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import type { ObjectMeta } from '../../../../src/api/object-meta.js';
import { mirror } from '../mirror.js';

interface Wish {
  readonly created?: string;
  readonly include?: readonly string[];
  readonly hosts?: readonly string[];
  readonly engine?: string;
  readonly metadata?: Partial<ObjectMeta>;
}

function wants(name: string, { created = '2026-01-01', include, hosts, engine, metadata }: Wish = {}): RegistryMirror {
  return mirror(name, {
    metadata: { creationTimestamp: `${created}T00:00:00Z`, ...metadata },
    spec: {
      upstream: { type: 'quay', ...(hosts && { hosts }) },
      rewrite: { ...(include && { repositories: { include } }), ...(engine && { engine }) },
    },
  });
}

/** Who serves what already: `mirror host prefix`. */
function serving(...claims: readonly string[]): (claim: Claim) => boolean {
  return ({ mirror: name, host, prefix }) => claims.includes(`${name} ${host} ${prefix}`);
}

interface Case {
  readonly title: string;
  readonly mirrors: readonly RegistryMirror[];
  readonly serves?: (claim: Claim) => boolean;
  /** `loser < winner` */
  readonly lost: readonly string[];
}

const cases: readonly Case[] = [
  { title: 'lets mirrors of different hosts be', mirrors: [wants('a'), wants('b', { hosts: ['ghcr.io'] })], lost: [] },
  {
    title: 'lets mirrors with different literal prefixes share a host: the longest wins at each image',
    mirrors: [wants('a'), wants('b', { include: ['team/**'] }), wants('c', { include: ['team/app'] })],
    lost: [],
  },
  {
    title: 'lets the older of two have a host that both want',
    mirrors: [wants('a', { created: '2026-02-02' }), wants('b')],
    lost: ['a < b'],
  },
  {
    title: 'lets the smaller name have it where both are of the same second',
    mirrors: [wants('b'), wants('a')],
    lost: ['b < a'],
  },
  {
    title: 'tells globs with the same beginning from none',
    mirrors: [wants('a', { include: ['team/*'] }), wants('b', { include: ['team/**', 'other/x'] })],
    lost: ['b < a'],
  },
  {
    title: 'takes brackets for what they are in a repository’s path: characters',
    mirrors: [wants('a', { include: ['team/[a]/*'] }), wants('b', { include: ['team/[b]/*'] })],
    lost: [],
  },
  {
    title: 'never displaces a mirror that serves, however young it is',
    mirrors: [wants('a'), wants('b', { created: '2026-02-02' })],
    serves: serving('b quay.io '),
    lost: ['a < b'],
  },
  {
    title: 'does not let a mirror that serves a part of a host take another’s part by an edit',
    mirrors: [wants('a', { include: ['**'] }), wants('b', { created: '2026-02-02' })],
    serves: serving('a quay.io team/', 'b quay.io '),
    lost: ['a < b'],
  },
  {
    title: 'compares index.docker.io and docker.io as one host',
    mirrors: [wants('a', { hosts: ['index.docker.io'] }), wants('b', { hosts: ['docker.io'] })],
    lost: ['b < a'],
  },
  {
    title: 'counts one lost host as a loss',
    mirrors: [wants('a', { hosts: ['x.io', 'y.io'] }), wants('b', { hosts: ['z.io', 'y.io'] })],
    lost: ['b < a'],
  },
  {
    title: 'gives a mirror with engine None no claim',
    mirrors: [wants('a', { engine: 'None' }), wants('b', { created: '2026-02-02' })],
    lost: [],
  },
  {
    title: 'gives a mirror that is being deleted no claim',
    mirrors: [wants('a', { metadata: { deletionTimestamp: '2026-03-03T00:00:00Z' } }), wants('b')],
    lost: [],
  },
  {
    title: 'does not let a mirror conflict with itself',
    mirrors: [wants('a', { include: ['x/*', 'x/**'] })],
    lost: [],
  },
];

describe('conflicts over a host', () => {
  for (const { title, mirrors, serves = () => false, lost } of cases) {
    it(title, () => {
      for (const order of [mirrors, [...mirrors].reverse()]) {
        const found = [...findConflicts(order, serves)].map(([loser, { winner }]) => `${loser} < ${winner}`);
        expect(found).to.deep.equal(lost);
      }
    });
  }
});

describe('a conflict of which it is not known who serves', () => {
  const [old, young] = [
    mirror('old', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } }),
    mirror('young', { metadata: { creationTimestamp: '2026-01-01T00:00:00Z' } }),
  ];
  type Known = boolean | 'unknown';
  const lost = (name: string, given: { readonly old: Known; readonly young: Known }): unknown => {
    const conflict = conflictOf(name, [old, young], (claim) => (claim.mirror === 'old' ? given.old : given.young));
    return typeof conflict === 'object' ? `to ${conflict.winner}` : conflict;
  };

  for (const [given, ofOld, ofYoung] of [
    [{ old: 'unknown', young: 'unknown' }, 'unknown', 'unknown'],
    [{ old: false, young: 'unknown' }, 'unknown', 'unknown'],
    [{ old: 'unknown', young: false }, undefined, 'to old'],
    [{ old: true, young: 'unknown' }, undefined, 'to old'],
    [{ old: 'unknown', young: true }, 'unknown', undefined],
    [{ old: false, young: true }, 'to young', undefined],
  ] as const) {
    it(`is lost by nobody unless that decides nothing: ${JSON.stringify(given)}`, () => {
      expect([lost('old', given), lost('young', given)]).to.deep.equal([ofOld, ofYoung]);
    });
  }
});
