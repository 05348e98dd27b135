import { expect } from 'chai';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborErrorDetails, HarborErrorKind } from '../../../../src/harbor/http/errors.js';
import { findingOf, isFound, isPassing, loginMissing, UNASKED } from '../../../../src/mirror/probe/finding.js';
import type { Question } from '../../../../src/mirror/probe/question.js';

const IMAGE = 'pull.example.org/px/library/busybox:1';
const QUESTION: Question = {
  harbor: 'https://harbor.example.org',
  project: 'px',
  path: 'library/busybox',
  reference: '1',
  pullHost: 'pull.example.org',
  pullPrefix: 'pull.example.org/px',
  isPrivate: false,
  isFilteredOut: false,
  image: IMAGE,
};

const errorOf = (kind: HarborErrorKind, more: Partial<HarborErrorDetails> = {}): HarborError =>
  new HarborError({ kind, method: 'HEAD', path: '/v2/px/library/busybox/manifests/1', reason: 'said so', ...more });

interface Case {
  readonly title: string;
  readonly error: HarborError;
  readonly question?: Partial<Question>;
  readonly reason: string;
  readonly says: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: '404: not upstream, or not cached',
    error: errorOf('notFound', { status: 404 }),
    reason: 'ImageNotServed',
    says: ['404', 'no such image', 'spec.probe.image', 'UpstreamReachable'],
  },
  {
    title: '404 where the mirror’s own filter leaves the image out',
    error: errorOf('notFound', { status: 404 }),
    question: { isFilteredOut: true },
    reason: 'ImageNotServed',
    says: ['project.filter', 'library/busybox is not in there'],
  },
  {
    title: '401 to somebody anonymous',
    error: errorOf('unauthorized', { status: 401 }),
    reason: 'PullRefused',
    says: ['with 401', "project px isn't public"],
  },
  {
    title: '401 to the pull robot',
    error: errorOf('unauthorized', { status: 401 }),
    question: { isPrivate: true },
    reason: 'PullRefused',
    says: ['with 401', 'pull robot', 'requestedAt'],
  },
  { title: '403', error: errorOf('forbidden', { status: 403 }), reason: 'PullRefused', says: ['with 403'] },
  {
    title: '412: the project demands more of the image',
    error: errorOf('referenced', { status: 412 }),
    reason: 'PullRefused',
    says: ['with 412', 'preventVulnerable'],
  },
  {
    title: '429',
    error: errorOf('rateLimited', { status: 429 }),
    reason: 'PullLimited',
    says: ['429', 'maxUpstreamConnections'],
  },
  { title: 'no answer in time', error: errorOf('timeout'), reason: 'PullTimedOut', says: ['no answer', 'hang'] },
  {
    title: 'no connection',
    error: errorOf('unreachable', { code: 'ECONNREFUSED' }),
    reason: 'HarborUnreachable',
    says: ['https://harbor.example.org', 'ECONNREFUSED'],
  },
  {
    title: 'a certificate that isn’t trusted',
    error: errorOf('untrustedCertificate', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    reason: 'HarborUnreachable',
    says: ['SELF_SIGNED_CERT_IN_CHAIN'],
  },
  { title: '502', error: errorOf('serverError', { status: 502 }), reason: 'HarborError', says: ['with 502', 'logs'] },
  { title: 'a page', error: errorOf('unexpectedAnswer', { status: 200 }), reason: 'HarborError', says: ['with 200'] },
];

describe('What is said of an image that isn’t served', () => {
  for (const { title, error, question, reason, says } of cases) {
    it(title, () => {
      const found = findingOf(error, { ...QUESTION, ...question });
      expect(found).to.include({ status: 'False', reason });
      for (const words of [IMAGE, ...says]) expect(found.message).to.include(words);
    });
  }

  it('is the same each time, whatever the call’s id and Harbor’s words are', () => {
    const [first, second] = ['a', 'b'].map((word) =>
      findingOf(errorOf('serverError', { status: 500, requestId: word, reason: word }), QUESTION),
    );
    expect(first).to.deep.equal(second);
  });
});

describe('What asking for an image comes to', () => {
  it('is True where it is served', () => {
    expect(findingOf({ kind: 'served' }, QUESTION)).to.include({ status: 'True', reason: 'ImageServed' });
  });

  it('isn’t known where tokens are elsewhere, and says where, at a bearable length', () => {
    const found = findingOf(
      { kind: 'tokensElsewhere', realm: `https://evil.example.org/${'x'.repeat(3000)}` },
      QUESTION,
    );
    expect(found).to.include({ status: 'Unknown', reason: 'TokensElsewhere' });
    expect(found.message).to.include('https://evil.example.org/').and.to.include('external_url');
    expect(found.message.length).to.be.below(700);
  });

  it('isn’t known without a login for a private project, and says what to set', () => {
    const found = loginMissing(QUESTION);
    expect(found).to.include({ status: 'Unknown', reason: 'PullLoginMissing' });
    expect(found.message).to.include('rewrite.pullSecret to Inject');
  });

  it('may pass where Harbor or the upstream is slow, busy or away, and not where they answer', () => {
    const kinds = ['timeout', 'rateLimited', 'unreachable', 'serverError', 'notFound', 'unauthorized'] as const;
    const passing = kinds.filter((kind) => isPassing(findingOf(errorOf(kind), QUESTION)));
    expect(passing).to.deep.equal(['timeout', 'rateLimited', 'unreachable', 'serverError']);
  });

  it('is something found where somebody has to act, and not where nobody was asked', () => {
    expect(isFound(loginMissing(QUESTION))).to.equal(true);
    expect(Object.values(UNASKED).some(isFound)).to.equal(false);
  });
});
