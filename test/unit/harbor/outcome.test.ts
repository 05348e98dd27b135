import { expect } from 'chai';
import { HarborError } from '../../../src/harbor/http/errors.js';
import type { HarborErrorKind } from '../../../src/harbor/http/errors.js';
import type { Action } from '../../../src/mirror/plan/actions.js';
import { verdictOf } from '../../../src/harbor/outcome.js';

const createEndpoint: Action = {
  kind: 'CreateEndpoint',
  endpoint: { name: 'quay', type: 'quay', url: 'https://quay.io', description: '', insecure: false },
};
const createProject: Action = { kind: 'CreateProject', project: { name: 'quay', metadata: {} }, endpoint: 1 };

/** For each kind: what it comes to, and after how long it is tried again where Harbor said 30 s. */
const cases: Readonly<Record<HarborErrorKind, readonly [string, string, (number | undefined)?]>> = {
  unreachable: ['waiting', 'HarborUnreachable', 30_000],
  untrustedCertificate: ['waiting', 'HarborUnreachable'],
  timeout: ['waiting', 'HarborUnreachable', 30_000],
  aborted: ['waiting', 'HarborUnreachable', 30_000],
  redirected: ['stalled', 'HarborRefused'],
  readOnly: ['waiting', 'HarborReadOnly'],
  unauthorized: ['waiting', 'HarborCredentialsRefused'],
  forbidden: ['waiting', 'HarborPermissionMissing'],
  notFound: ['waiting', 'Progressing', 1000],
  conflict: ['waiting', 'Progressing', 1000],
  referenced: ['waiting', 'DeletionBlocked'],
  rateLimited: ['waiting', 'HarborBusy', 30_000],
  upstreamUnhealthy: ['waiting', 'UpstreamUnhealthy'],
  upstreamAsked: ['waiting', 'Progressing', 30_000],
  upstreamSilent: ['waiting', 'UpstreamUnhealthy', 30_000],
  unsupportedType: ['stalled', 'HarborRefused'],
  invalid: ['stalled', 'HarborRefused'],
  serverError: ['waiting', 'HarborError', 30_000],
  unexpectedAnswer: ['waiting', 'HarborError', 30_000],
};

function errorOf(kind: HarborErrorKind): HarborError {
  return new HarborError({
    kind,
    method: 'POST',
    path: '/registries',
    reason: 'because of this',
    retryAfterMs: 30_000,
  });
}

describe('what an error of Harbor comes to', () => {
  for (const [kind, [verdict, reason, retryAfterMs]] of Object.entries(cases)) {
    it(`is ${verdict} with ${reason} for ${kind}, and says why`, () => {
      const outcome = verdictOf(errorOf(kind as HarborErrorKind), createEndpoint);
      expect(outcome).to.include({ kind: verdict, reason });
      expect('message' in outcome && outcome.message).to.include('because of this');
      expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).to.equal(retryAfterMs);
    });
  }

  it('names the Harbor that can’t be reached', () => {
    const details = { kind: 'unreachable', method: 'GET', path: '/registries', reason: 'x' } as const;
    const outcome = verdictOf(new HarborError({ ...details, harbor: 'https://harbor.example.org' }));
    expect(outcome).to.have.property('message').that.includes("Harbor can't be reached at https://harbor.example.org:");
  });

  it('tries another type soon where Harbor has no proxy cache of the first', () => {
    expect(verdictOf(errorOf('unsupportedType'), createProject)).to.include({ kind: 'waiting', reason: 'Progressing' });
  });

  it('does not call a wrong password certain: Harbor says the same while its database is down', () => {
    expect(verdictOf(errorOf('unauthorized')))
      .to.have.property('message')
      .that.includes('database');
  });
});
