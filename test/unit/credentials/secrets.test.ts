import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Verdict } from '../../../src/api/verdict.js';
import { OPERATORS_OWN, readCaCertificate, readCredentials } from '../../../src/credentials/secrets.js';
import { upstreamSecrets } from '../../../src/credentials/upstream-secrets.js';
import type { Read, Secret, SecretLookup } from '../../../src/credentials/secrets.js';
import { NO_SECRETS } from '../../support/no-secrets.js';
import { mirror } from '../mirror/mirror.js';

const PASSWORD = 'the-password';
const key = Buffer.from('0123456789abcdef0123456789abcdef');

function secret(data: Readonly<Record<string, string>>, label = 'upstream', allowedHosts?: string): SecretLookup {
  const encoded = Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')] as const);
  const found: Secret = {
    metadata: {
      name: 'login',
      labels: { 'registrymirror.io/credentials': label },
      annotations: { ...(allowedHosts !== undefined && { 'registrymirror.io/allowed-hosts': allowedHosts }) },
    },
    data: Object.fromEntries(encoded),
  };
  return { namespace: 'mirrors', find: (name) => (name === 'login' ? found : undefined) };
}

const login = { username: 'me', password: PASSWORD };
const request = { name: 'login', use: 'upstream', url: 'https://quay.io' } as const;

function problem<T>(read: Read<T>): Verdict {
  if (read.ok) throw new Error('was read');
  return read.problem;
}

describe('reading Secrets', () => {
  it('gives user name and password as they are, whatever is in them', () => {
    const odd = { username: 'robot$a+b', password: ' pä:ss\n' };
    expect(readCredentials(request, secret(odd))).to.deep.equal({
      ok: true,
      value: { accessKey: 'robot$a+b', accessSecret: ' pä:ss\n' },
    });
  });

  const refusals: readonly (readonly [string, SecretLookup, string, string])[] = [
    ['that is not there: waiting, since it may come', NO_SECRETS, 'waiting', 'SecretNotFound'],
    ['that is the operator’s own', { namespace: 'mirrors', find: () => OPERATORS_OWN }, 'stalled', 'SecretNotAllowed'],
    ['with another label', secret(login, 'harbor'), 'stalled', 'SecretNotAllowed'],
    ['for other hosts', secret(login, 'upstream', 'docker.io, gcr.io'), 'stalled', 'SecretNotAllowed'],
    [
      'for a host that only begins so',
      secret(login, 'upstream', 'quay.io.evil.example'),
      'stalled',
      'SecretNotAllowed',
    ],
    ['for the host at another port', secret(login, 'upstream', 'quay.io:8443'), 'stalled', 'SecretNotAllowed'],
    ['for no host', secret(login, 'upstream', ''), 'stalled', 'SecretNotAllowed'],
    ['without a user name', secret({ password: PASSWORD }), 'stalled', 'SecretInvalid'],
    ['without a password', secret({ username: 'me' }), 'stalled', 'SecretInvalid'],
    ['with an empty password', secret({ username: 'me', password: '' }), 'stalled', 'SecretInvalid'],
  ];
  for (const [title, lookup, kind, reason] of refusals) {
    it(`uses no Secret ${title}`, () => {
      const refusal = problem(readCredentials(request, lookup));
      expect(refusal).to.include({ kind, reason });
      expect(inspect(refusal)).to.not.include(PASSWORD);
      expect('message' in refusal && refusal.message).to.include('login');
    });
  }

  it('says in which namespace a Secret is missing', () => {
    const refusal = problem(readCredentials(request, { ...NO_SECRETS, namespace: 'mirrors-system' }));
    expect(refusal)
      .to.have.property('message')
      .that.includes("The operator's namespace mirrors-system has no Secret login");
  });

  it('may ask that a Secret says where it may be sent', () => {
    const bound = { ...request, mustBeBound: true };
    const refusal = problem(readCredentials(bound, secret(login)));
    expect(refusal).to.include({ kind: 'stalled', reason: 'SecretNotAllowed' });
    expect(refusal).to.have.property('message').that.includes('registrymirror.io/allowed-hosts: quay.io');
    expect(readCredentials(bound, secret(login, 'upstream', 'quay.io')).ok).to.be.true;
  });

  it('allows a host in a list, in either case and with spaces', () => {
    expect(readCredentials(request, secret(login, 'upstream', 'docker.io , QUAY.io,')).ok).to.be.true;
  });

  it('asks for ca.crt of a certificate', () => {
    expect(problem(readCaCertificate(request, secret(login)))).to.include({ reason: 'SecretInvalid' });
    expect(readCaCertificate(request, secret({ 'ca.crt': 'PEM' }))).to.deep.equal({ ok: true, value: 'PEM' });
  });
});

describe('the Secrets of a mirror', () => {
  const quay = mirror('quay', { spec: { upstream: { type: 'quay', credentialsSecretRef: { name: 'login' } } } });

  it('are none where it names none', () => {
    expect(upstreamSecrets(mirror('quay'), NO_SECRETS, undefined)).to.deep.equal({ ok: true, value: {} });
  });

  it('are told from others by an HMAC that says nothing of them', () => {
    const hmacOf = (data: Readonly<Record<string, string>>, hmacKey = key): string | undefined => {
      const read = upstreamSecrets(quay, secret(data), hmacKey);
      return read.ok ? read.value.hmac : undefined;
    };
    expect(hmacOf(login)).to.equal(hmacOf(login)).and.to.be.a('string');
    expect(hmacOf({ ...login, password: 'other' })).to.not.equal(hmacOf(login));
    expect(hmacOf(login, Buffer.alloc(32))).to.not.equal(hmacOf(login));
    expect(hmacOf(login)).to.not.include(PASSWORD);
  });

  it('go to the host of the upstream’s url and to no other', () => {
    const elsewhere = mirror('quay', {
      spec: {
        upstream: {
          type: 'quay',
          url: 'https://evil.example',
          hosts: ['quay.io'],
          credentialsSecretRef: { name: 'login' },
        },
      },
    });
    const lookup = secret(login, 'upstream', 'quay.io');
    expect(upstreamSecrets(quay, lookup, key).ok).to.be.true;
    expect(problem(upstreamSecrets(elsewhere, lookup, key))).to.include({ reason: 'SecretNotAllowed' });
  });

  it('wait for the operator’s key', () => {
    expect(problem(upstreamSecrets(quay, secret(login), undefined))).to.include({ kind: 'waiting' });
  });
});
