import { expect } from 'chai';
import { checkReadable, checkReadingGoesOn, checkWork } from '../../../src/controller/checks.js';
import type { Reading } from '../../../src/controller/checks.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';

const refused = new KubernetesError('forbidden', 'GET /x: secrets is forbidden', 403);
const missing = new KubernetesError('notFound', 'GET /x: the server could not find the requested resource', 404);

function reading(given: Partial<Reading> = {}): Reading {
  return { what: 'secrets', trouble: undefined, silentMs: 0, mayBeMissing: false, ...given };
}

describe('/healthz', () => {
  it('is ok while workers are idle, or busy for a while', () => {
    checkWork(undefined);
    checkWork({ key: 'quay', ms: 599_999 });
  });

  it('names the mirror whose look is stuck', () => {
    expect(() => {
      checkWork({ key: 'quay', ms: 660_000 });
    }).to.throw('the look at mirror quay has been running for 11 minutes');
  });

  it('is ok while the API server is away: a restart mends nothing', () => {
    checkReadingGoesOn([reading({ trouble: { error: refused, ms: 3_600_000 }, silentMs: 30_000 })]);
  });

  it('names what is not read any more', () => {
    expect(() => {
      checkReadingGoesOn([reading(), reading({ what: 'registrymirrors', silentMs: 1_260_000 })]);
    }).to.throw(/^nothing has been heard of registrymirrors for 21 minutes$/);
  });
});

describe('/readyz', () => {
  for (const [what, given] of [
    ['everything can be read', {}],
    ['something can’t be read for less than a minute', { trouble: { error: refused, ms: 59_999 } }],
    ['an API is missing that may be', { trouble: { error: missing, ms: 3_600_000 }, mayBeMissing: true }],
  ] as const) {
    it(`is ok while ${what}`, () => {
      checkReadable([reading(given)]);
    });
  }

  for (const [what, given] of [
    ['refused', { trouble: { error: refused, ms: 61_000 } }],
    [
      'refused for an API that may be missing: that is unknown, not missing',
      { trouble: { error: refused, ms: 61_000 }, mayBeMissing: true },
    ],
    ['missing where it must not be', { trouble: { error: missing, ms: 61_000 } }],
  ] as const) {
    it(`says which reading has been ${what}, and why`, () => {
      expect(() => {
        checkReadable([reading({ what: 'webhooks' }), reading(given)]);
      }).to.throw(`secrets could not be read for 61 s: ${given.trouble.error.message}`);
    });
  }
});
