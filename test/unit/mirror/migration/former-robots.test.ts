import { expect } from 'chai';
import type { Verdict } from '../../../../src/api/verdict.js';
import { waiting } from '../../../../src/api/verdict.js';
import type { Read } from '../../../../src/credentials/secrets.js';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { Availability } from '../../../../src/harbor/session/facts.js';
import { removeFormerRobots } from '../../../../src/mirror/migration/former-robots.js';
import type { RobotsSession } from '../../../../src/robots/session.js';
import { FakeHarbor } from '../../pull-secrets/fake-harbor.js';
import { mirror } from '../mirror.js';

const URL = 'https://former.test';
const FORBIDDEN = new HarborError({ kind: 'forbidden', method: 'GET', path: '/api/v2.0/robots', reason: 'no' });
const NO_ANSWER = new HarborError({ kind: 'unreachable', method: 'GET', path: '/api/v2.0/robots', reason: 'no' });

interface Case {
  readonly deletionPolicy: 'Delete' | 'Retain';
  readonly harbor?: Availability['kind'] | 'no Secret' | 'no login';
  readonly error?: HarborError;
  readonly isServedElsewhere?: boolean;
  /** Whether the mirror is being deleted. */
  readonly isGoing?: boolean;
}

function sessionOf(harbor: NonNullable<Case['harbor']>): Read<RobotsSession> | undefined {
  if (harbor === 'no login') return undefined;
  if (harbor === 'no Secret') return { ok: false, problem: waiting('SecretNotFound', 'It is gone.') };
  const session = new FakeHarbor(URL, () => 0).session();
  return { ok: true, value: { ...session, facts: { availability: { kind: harbor } } } };
}

/** @returns `left`, `waits` and why, or `done` */
async function outcome({
  deletionPolicy,
  harbor = 'up',
  error,
  isServedElsewhere = true,
  isGoing = false,
}: Case): Promise<string> {
  const metadata = isGoing ? { deletionTimestamp: '2026-01-02T00:00:00Z' } : {};
  const result = await removeFormerRobots({
    mirror: mirror('team', { metadata, spec: { deletionPolicy, rewrite: { pullSecret: 'Inject' } } }),
    former: { url: URL, projectName: 'team' },
    session: sessionOf(harbor),
    current: () => Promise.resolve(undefined),
    requires: [{ kind: 'policiesSendOnlyTo', pullPrefix: 'new.test/team' }],
    holds: () => isServedElsewhere,
    pullSecrets: { removeRobotsIn: () => (error === undefined ? Promise.resolve() : Promise.reject(error)) },
  });
  if (!result.ok) return `waits ${reasonOf(result.problem)}`;
  return result.value.length === 0 ? 'done' : 'left';
}

function reasonOf(problem: Verdict): string {
  if (problem.kind !== 'waiting') return problem.kind;
  expect(problem.message).to.include('from project team in https://former.test are still to be deleted: ');
  return problem.reason;
}

describe('the robot accounts in a Harbor of before', () => {
  const cases: readonly (readonly [string, Case, string])[] = [
    ['go with Delete', { deletionPolicy: 'Delete' }, 'done'],
    ['go with Retain', { deletionPolicy: 'Retain' }, 'done'],
    ['stay while Pods may be sent there', { deletionPolicy: 'Retain', isServedElsewhere: false }, 'waits Deleting'],
    [
      'are waited for where a call fails',
      { deletionPolicy: 'Retain', error: NO_ANSWER, harbor: 'unknown' },
      'waits HarborUnreachable',
    ],
    [
      'are waited for where the operator lacks a permission',
      { deletionPolicy: 'Retain', error: FORBIDDEN },
      'waits HarborPermissionMissing',
    ],
    [
      'are let go of with Retain where it lacks a permission, and the mirror is deleted',
      { deletionPolicy: 'Retain', error: FORBIDDEN, isGoing: true },
      'left',
    ],
    [
      'are waited for with Retain where a call fails, although the mirror is deleted',
      { deletionPolicy: 'Retain', error: NO_ANSWER, isGoing: true },
      'waits HarborUnreachable',
    ],
    [
      'are waited for with Delete while that Harbor is down',
      { deletionPolicy: 'Delete', error: NO_ANSWER, harbor: 'down' },
      'waits HarborUnreachable',
    ],
    [
      'are let go of with Retain where that Harbor is down',
      { deletionPolicy: 'Retain', error: NO_ANSWER, harbor: 'down' },
      'left',
    ],
    [
      'are let go of with Retain where it refuses the login',
      { deletionPolicy: 'Retain', error: NO_ANSWER, harbor: 'loginRefused' },
      'left',
    ],
    [
      'are waited for with Delete while the Secret is missing',
      { deletionPolicy: 'Delete', harbor: 'no Secret' },
      'waits SecretNotFound',
    ],
    [
      'are let go of with Retain where the Secret is missing',
      { deletionPolicy: 'Retain', harbor: 'no Secret' },
      'left',
    ],
    ['are let go of where nobody knows a login', { deletionPolicy: 'Delete', harbor: 'no login' }, 'left'],
  ];
  for (const [name, given, expected] of cases) {
    it(name, async () => {
      expect(await outcome(given)).to.equal(expected);
    });
  }
});
