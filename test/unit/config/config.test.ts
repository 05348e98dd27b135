import { expect } from 'chai';
import { loadConfig } from '../../../src/config/config.js';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import { HEALTH_TIMEOUT_MS } from '../../../src/harbor/http/request.js';
import type { Config } from '../../../src/config/config.js';

type Env = Readonly<Record<string, string | undefined>>;

const ENOUGH: Env = { HARBOR_URL: 'https://harbor.example.org', HARBOR_CREDENTIALS_SECRET: 'harbor' };
const PASSWORD = 'Sup3r-Secret';

function readFile(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
    return text;
  };
}

function load(env: Env, argv: readonly string[] = [], files: Readonly<Record<string, string>> = {}): Config {
  const loaded = loadConfig({ argv, env, readFile: readFile(files) });
  if (loaded.kind === 'exit') throw new Error(loaded.text);
  return loaded.config;
}

function refusal(env: Env, argv: readonly string[] = []): string {
  const loaded = loadConfig({ argv, env, readFile: readFile({ '/empty': '\n' }) });
  if (loaded.kind === 'config') throw new Error('was taken');
  expect(loaded.code).to.equal(2);
  return loaded.text;
}

describe('the configuration', () => {
  it('has a Harbor that hangs withdrawn within 40 s by default, 5 of them for the policies', () => {
    const { healthIntervalMs, healthFailures } = load(ENOUGH);
    // It stops right after a good check; the interval counts from the start of each; the last one runs into its deadline.
    expect(healthFailures * healthIntervalMs + HEALTH_TIMEOUT_MS).to.be.at.most(40_000 - 5_000);
  });

  it('needs a Harbor and its Secret, and has a default for the rest', () => {
    expect(load(ENOUGH)).to.deep.include({
      harborUrl: 'https://harbor.example.org',
      harborLogin: { kind: 'secret', name: 'harbor' },
      namespace: 'registry-mirror-system',
      excludedNamespaces: [...DEFAULT_EXCLUDED_NAMESPACES, 'registry-mirror-system'],
      workers: 16,
      requestTimeoutMs: 15_000,
      healthIntervalMs: 10_000,
      healthFailures: 3,
      healthSuccesses: 3,
      leaderElect: true,
      probeAddress: { host: undefined, port: 8081 },
      metricsAddress: { host: undefined, port: 8080 },
      logLevel: 'info',
    });
  });

  it('can’t be changed afterwards', () => {
    const config = load(ENOUGH);
    for (const part of [config, config.harborLogin, config.excludedNamespaces, config.proxy]) {
      expect(Object.isFrozen(part)).to.be.true;
    }
  });

  it('takes a flag rather than its variable', () => {
    expect(load({ ...ENOUGH, WORKERS: '4' }, ['--workers', '5']).workers).to.equal(5);
    expect(load({ ...ENOUGH, WORKERS: '4' }).workers).to.equal(4);
  });

  it('takes an empty variable for none', () => {
    expect(load({ ...ENOUGH, WORKERS: '', HARBOR_PULL_HOST: '' })).to.deep.include({
      workers: 16,
      harborPullHost: undefined,
    });
  });

  it('finds the Pod’s namespace, and excludes it from the rewrite', () => {
    const file = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'mirrors\n' };
    expect(load(ENOUGH, [], file).namespace).to.equal('mirrors');
    const config = load({ ...ENOUGH, POD_NAMESPACE: 'own', EXCLUDED_NAMESPACES: 'a-*, b,own' }, [], file);
    expect(config.excludedNamespaces).to.deep.equal(['a-*', 'b', 'own']);
  });

  it('takes a login for runs outside a cluster from the environment or a file', () => {
    const env = { HARBOR_URL: 'http://127.0.0.1:8085', HARBOR_USERNAME: 'admin' };
    const given = { kind: 'given', username: 'admin', password: PASSWORD };
    expect(load({ ...env, HARBOR_PASSWORD: PASSWORD }).harborLogin).to.deep.equal(given);
    const file = load({ ...env, HARBOR_PASSWORD_FILE: '/pw' }, [], { '/pw': `${PASSWORD}\n` });
    expect(file.harborLogin).to.deep.equal(given);
  });

  it('takes the proxy from the environment, lower case first', () => {
    const proxy = load({ ...ENOUGH, HTTPS_PROXY: 'http://a', https_proxy: 'http://b', NO_PROXY: '.local' }).proxy;
    expect(proxy).to.deep.equal({ HTTP_PROXY: undefined, HTTPS_PROXY: 'http://b', NO_PROXY: '.local' });
  });

  const bad: readonly (readonly [string, Env, RegExp])[] = [
    ['no Harbor', { HARBOR_URL: undefined }, /HARBOR_URL \(--harbor-url\): is required, e\.g\. https/],
    ['a URL with credentials', { HARBOR_URL: `https://u:${PASSWORD}@h` }, /HARBOR_URL .*must not hold a user/],
    ['a pull host with a scheme', { HARBOR_PULL_HOST: 'https://h' }, /HARBOR_PULL_HOST .*without https:\/\//],
    ['no login', { HARBOR_CREDENTIALS_SECRET: undefined }, /login is missing: give HARBOR_CREDENTIALS_SECRET/],
    [
      'two logins',
      { HARBOR_USERNAME: 'a', HARBOR_PASSWORD: PASSWORD },
      /either HARBOR_CREDENTIALS_SECRET or .*not both/,
    ],
    [
      'a login without password',
      { HARBOR_CREDENTIALS_SECRET: undefined, HARBOR_USERNAME: 'a' },
      /either HARBOR_PASSWORD or HARBOR_PASSWORD_FILE/,
    ],
    [
      'a password file that isn’t there',
      { HARBOR_CREDENTIALS_SECRET: undefined, HARBOR_USERNAME: 'a', HARBOR_PASSWORD_FILE: '/nope' },
      /HARBOR_PASSWORD_FILE can't be read: ENOENT/,
    ],
    [
      'an empty password file',
      { HARBOR_CREDENTIALS_SECRET: undefined, HARBOR_USERNAME: 'a', HARBOR_PASSWORD_FILE: '/empty' },
      /HARBOR_PASSWORD_FILE names an empty file/,
    ],
    ['a Secret’s name in capitals', { HARBOR_CREDENTIALS_SECRET: 'Harbor' }, /HARBOR_CREDENTIALS_SECRET .*lower-case/],
    ['a time without unit', { REQUEST_TIMEOUT: '15' }, /REQUEST_TIMEOUT .*from 1s to 5m, e\.g\. 500ms/],
    ['a time out of bounds', { HEALTH_INTERVAL: '1h' }, /HEALTH_INTERVAL .*from 1s to 10m/],
    ['no workers', { WORKERS: '0' }, /WORKERS .*from 1 to 100/],
    ['workers in words', { WORKERS: 'many' }, /WORKERS .*from 1 to 100/],
    ['a flag that is neither true nor false', { LEADER_ELECT: 'yes' }, /LEADER_ELECT .*true or false/],
    ['an address without port', { PROBE_ADDRESS: 'localhost' }, /PROBE_ADDRESS .*:8081 or 127\.0\.0\.1:8081, or off/],
    ['a port too large', { METRICS_ADDRESS: ':70000' }, /METRICS_ADDRESS .*address to listen on/],
    ['a namespace that is none', { EXCLUDED_NAMESPACES: 'a,b/c' }, /EXCLUDED_NAMESPACES .*kube-\*,kyverno/],
    [
      'a certificate for metrics without its key',
      { METRICS_TLS_CERT_FILE: '/tls.crt' },
      /METRICS_TLS_CERT_FILE and METRICS_TLS_KEY_FILE together, or neither/,
    ],
    ['a log level that is none', { LOG_LEVEL: 'loud' }, /LOG_LEVEL .*error, warn, info or debug/],
  ];
  for (const [name, env, message] of bad) {
    it(`refuses ${name}, says what to write instead, and tells no password`, () => {
      const text = refusal({ ...ENOUGH, ...env });
      expect(text).to.match(message);
      expect(text).not.to.include(PASSWORD);
    });
  }

  it('tells everything that is wrong at once', () => {
    const lines = refusal({ ...ENOUGH, HARBOR_URL: 'x', WORKERS: 'x', LOG_LEVEL: 'x' })
      .trim()
      .split('\n');
    expect(lines).to.have.lengthOf(4);
  });

  it('refuses a flag that it doesn’t know', () => {
    expect(refusal(ENOUGH, ['--harbour-url', 'x'])).to.match(/unknown option '--harbour-url'/);
  });

  it('explains itself with --help, every variable included', () => {
    const loaded = loadConfig({ argv: ['--help'], env: {}, readFile: readFile({}) });
    expect(loaded).to.deep.include({ kind: 'exit', code: 0 });
    expect(loaded.kind === 'exit' && loaded.text).to.match(
      /--harbor-credentials-secret <name>[\s\S]*HARBOR_CREDENTIALS_SECRET/,
    );
  });

  it('says its version with --version', () => {
    const loaded = loadConfig({ argv: ['--version'], env: {}, readFile: readFile({}) });
    expect(loaded).to.deep.equal({ kind: 'exit', code: 0, text: 'development\n' });
  });

  const addresses: readonly (readonly [string, unknown])[] = [
    [':9090', { host: undefined, port: 9090 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['off', undefined],
  ];
  for (const [written, address] of addresses) {
    it(`listens on ${written}`, () => {
      expect(load({ ...ENOUGH, METRICS_ADDRESS: written }).metricsAddress).to.deep.equal(address);
    });
  }

  it('takes a certificate for metrics with its key only', () => {
    const [certFile, keyFile] = ['/tls/tls.crt', '/tls/tls.key'];
    const both = load({ ...ENOUGH, METRICS_TLS_CERT_FILE: certFile, METRICS_TLS_KEY_FILE: keyFile });
    expect(both.metricsTls).to.deep.equal({ certFile, keyFile });
    expect(load(ENOUGH).metricsTls).to.equal(undefined);
  });
});
