import { expect } from 'chai';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import { namespacedName } from '../../../src/kubernetes/objects.js';
import { planCopies } from '../../../src/pull-secrets/copies.js';
import {
  copyFor,
  isUsable,
  mirrorOf,
  pullSecretObject,
  readPullSecret,
} from '../../../src/pull-secrets/pull-secret.js';
import type { PullSecret } from '../../../src/pull-secrets/pull-secret.js';
import type { Secret } from '../../../src/credentials/secrets.js';
import { mirror } from '../mirror/mirror.js';

const OPERATOR = 'registry-mirror-system';
const excludedNamespaces = ['kube-*', OPERATOR];

function namespace(name: string, labels: Readonly<Record<string, string>> = {}, more: object = {}): KubernetesObject {
  return { metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels }, ...more } };
}

function pullSecret(name = 'team', pullPrefix = 'harbor.test/team', password = 'secret-1'): PullSecret {
  const record = { harbor: 'https://harbor.test', projectId: 3, robotId: 9, pullPrefix, issuedAt: 1000 };
  const login = { username: 'robot$team+x', password };
  const read = readPullSecret(pullSecretObject(mirror(name), OPERATOR, record, login));
  if (read === undefined) throw new Error('It can’t be read.');
  return read;
}

const namespaces = [
  namespace('a', { team: 'yes' }),
  namespace('b'),
  namespace('off', { team: 'yes', 'registrymirror.io/rewrite': 'disabled' }),
  namespace('going', { team: 'yes' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  namespace('kube-system', { team: 'yes' }),
  namespace(OPERATOR, { team: 'yes' }),
];

/** `CreateCopy a/name` and so on. */
function plan(rewrite: object, copies: readonly Secret[] = [], wanted = [pullSecret()]): readonly string[] {
  const team = mirror('team', { spec: { rewrite: { pullSecret: 'Inject', ...rewrite } } });
  return planCopies({ mirror: team, wanted, copies, namespaces, excludedNamespaces }).actions.map(
    ({ kind, copy }) => `${kind} ${copy.metadata.namespace ?? ''}`,
  );
}

const selector = { namespaceSelector: { matchLabels: { team: 'yes' } } };
const copyIn = (where: string, secret = pullSecret()): Secret => copyFor(mirror('team'), secret, where);

describe('copies of a pull Secret', () => {
  it('are in all namespaces that are neither excluded, opted out nor going', () => {
    expect(plan({})).to.deep.equal(['CreateCopy a', 'CreateCopy b']);
  });

  it('are only in those that the selector names', () => {
    expect(plan(selector)).to.deep.equal(['CreateCopy a']);
  });

  it('are left as they are where they are as they should be', () => {
    const served = { ...copyIn('a'), metadata: { ...copyIn('a').metadata, uid: 'u', resourceVersion: '7' } };
    expect(plan(selector, [served])).to.deep.equal([]);
  });

  it('are written again where they differ, in content, type or mark', () => {
    const copy = copyIn('a');
    const others: readonly Secret[] = [
      copyIn('a', pullSecret('team', 'harbor.test/team', 'secret-2')),
      { ...copy, type: 'Opaque' },
      { ...copy, metadata: { ...copy.metadata, labels: {} } },
    ];
    for (const other of others) expect(plan(selector, [other])).to.deep.equal(['UpdateCopy a']);
  });

  it('go where they don’t belong', () => {
    expect(plan(selector, [copyIn('a'), copyIn('b'), copyIn('off')])).to.deep.equal(['DeleteCopy b', 'DeleteCopy off']);
    expect(plan(selector, [copyIn('a')], [])).to.deep.equal(['DeleteCopy a']);
  });

  it('are two where the mirror serves from two places for a while', () => {
    const both = [pullSecret(), pullSecret('team', 'harbor.test/new')];
    expect(plan(selector, [copyIn('a')], both)).to.deep.equal(['CreateCopy a']);
    expect(new Set(both.map(({ secret }) => secret.metadata.name)).size).to.equal(2);
  });

  it('carry no more than Pods need, and belong to the mirror', () => {
    const { metadata, type, data } = copyIn('a');
    expect(metadata.annotations).to.deep.equal({ 'registrymirror.io/mirror': 'team' });
    expect(metadata).to.deep.include({ namespace: 'a' });
    expect(JSON.stringify(metadata)).to.include('"uid":"uid-team"').and.not.include('secret-1');
    expect([type, Object.keys(data ?? {})]).to.deep.equal(['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']]);
    expect(namespacedName(copyIn('a'))).to.match(/^a\/registry-mirror-pull-team-[0-9a-f]{10}$/);
  });

  it('log in to one project, and not to those whose names begin alike', () => {
    const text = Buffer.from(copyIn('a').data?.['.dockerconfigjson'] ?? '', 'base64').toString();
    expect(JSON.parse(text)).to.deep.equal({
      auths: {
        'harbor.test/team/': {
          username: 'robot$team+x',
          password: 'secret-1',
          auth: Buffer.from('robot$team+x:secret-1').toString('base64'),
        },
      },
    });
  });
});

describe('the operator’s own pull Secret', () => {
  it('says whose it is and which robot it is of, and is usable', () => {
    const read = pullSecret();
    expect(read.mirror).to.equal('team');
    expect(read.record).to.deep.include({ robotId: 9, projectId: 3, pullPrefix: 'harbor.test/team' });
    expect(isUsable(read)).to.equal(true);
  });

  it('is made anew where somebody broke it', () => {
    const { secret } = pullSecret();
    const { metadata } = secret;
    for (const annotation of ['', '{', '[]', 'null', '{"harbor":"x"}']) {
      const annotations = { ...metadata.annotations, 'registrymirror.io/pull-robot': annotation };
      expect(readPullSecret({ ...secret, metadata: { ...metadata, annotations } })).to.equal(undefined);
    }
    for (const config of ['', '{', '{}', '{"auths":{"harbor.test/team":{"password":"x"}}}']) {
      const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') };
      expect(isUsable({ ...pullSecret(), secret: { ...secret, data } })).to.equal(false);
    }
  });

  it('is not taken for one by its name alone', () => {
    const { secret } = pullSecret();
    expect(mirrorOf({ ...secret, metadata: { ...secret.metadata, labels: {} } })).to.equal(undefined);
  });
});
