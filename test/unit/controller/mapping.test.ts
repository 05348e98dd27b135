import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { ANNOTATIONS } from '../../../src/api/group.js';
import {
  losersOfConflicts,
  SecretUsers,
  wakesOfHarbor,
  mayFreeHost,
  wakeOfMirror,
  wakesOfSecret,
} from '../../../src/controller/mapping.js';
import { mirror } from '../mirror/mirror.js';

describe('an event of a mirror', () => {
  const before = mirror('quay');
  const deleting = mirror('quay', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
  for (const [what, event, priority, wakesLosers] of [
    ['a new mirror', { type: 'ADDED', object: before, previous: undefined }, 'new', true],
    [
      'an edit',
      { type: 'MODIFIED', object: mirror('quay', { metadata: { generation: 3 } }), previous: before },
      'edit',
      true,
    ],
    [
      'an annotation that asks for a look',
      {
        type: 'MODIFIED',
        object: mirror('quay', { metadata: { annotations: { [ANNOTATIONS.requestedAt]: 'now' } } }),
        previous: before,
      },
      'edit',
      true,
    ],
    [
      'a label or a status, which change nothing',
      { type: 'MODIFIED', object: mirror('quay', { metadata: { labels: { a: 'b' } } }), previous: before },
      'routine',
      false,
    ],
    ['a deletion that begins', { type: 'MODIFIED', object: deleting, previous: before }, 'urgent', true],
    ['a mirror that is gone', { type: 'DELETED', object: before, previous: before }, 'urgent', true],
  ] as const) {
    it(`of ${what} is ${priority}${wakesLosers ? ', and wakes who lost a conflict' : ' and concerns nobody else'}`, () => {
      const wake = wakeOfMirror(event);
      expect(wake).to.deep.equal({ mirror: 'quay', priority });
      expect(mayFreeHost(wake)).to.equal(wakesLosers);
    });
  }
});

describe('news of a Harbor', () => {
  const own = [mirror('own'), mirror('lost')];
  const others = {
    naming: (host: string) => (host === 'pull.example.org' ? [mirror('loop'), mirror('own')] : []),
    losers: () => ['lost', 'elsewhere'],
  };
  const known = { kind: 'known', host: 'pull.example.org' } as const;

  it('concern its mirrors at once, and those elsewhere that mirror its pull host or may have a host now', () => {
    expect(wakesOfHarbor('availability', known, own, others)).to.deep.equal([
      { mirror: 'own', priority: 'urgent' },
      { mirror: 'lost', priority: 'urgent' },
      { mirror: 'loop', priority: 'routine' },
      { mirror: 'elsewhere', priority: 'routine' },
    ]);
  });

  it('are no hurry where it answers for the first time, as after each start of the operator', () => {
    const fresh = mirror('fresh', { status: { observedGeneration: -1 } });
    const served = mirror('served', { status: { observedGeneration: 2 } });
    expect(wakesOfHarbor('opened', known, [fresh, served], others)).to.deep.include.members([
      { mirror: 'fresh', priority: 'new' },
      { mirror: 'served', priority: 'routine' },
      { mirror: 'loop', priority: 'routine' },
    ]);
  });

  it('concern only mirrors that leave for it where an upstream has gone down, or come back', () => {
    const rewrite = { onUpstreamUnavailable: 'Withdraw' } as const;
    const leaving = mirror('leaving', { spec: { upstream: { type: 'quay' }, rewrite } });
    expect(wakesOfHarbor('upstreams', known, [...own, leaving], others)).to.deep.equal([
      { mirror: 'leaving', priority: 'routine' },
    ]);
  });

  it('concern nobody else where only what it holds has changed', () => {
    expect(wakesOfHarbor('contents', known, own, others)).to.deep.equal([
      { mirror: 'own', priority: 'routine' },
      { mirror: 'lost', priority: 'routine' },
    ]);
  });
});

describe('a change of a Secret', () => {
  const url = 'https://harbor.example.org';
  const named = mirror('named', { spec: { upstream: { type: 'quay', credentialsSecretRef: { name: 'login' } } } });
  const elsewhere = mirror('elsewhere', {
    spec: { harbor: { url, credentialsSecretRef: { name: 'login' }, caCertificateSecretRef: { name: 'ca' } } },
  });
  let users: SecretUsers;

  beforeEach(() => {
    users = new SecretUsers();
    for (const each of [named, elsewhere, mirror('none')]) users.set(each);
  });

  for (const [secret, mirrors] of [
    ['login', ['named', 'elsewhere']],
    ['ca', ['elsewhere']],
    ['unknown', []],
  ] as const) {
    it(`called ${secret} concerns ${mirrors.length === 0 ? 'nobody' : mirrors.join(' and ')}, as an edit`, () => {
      const expected = mirrors.map((name) => ({ mirror: name, priority: 'edit' }));
      expect(wakesOfSecret(secret, new Set(['own']), users)).to.deep.equal(expected);
    });
  }

  it('that the operator itself logs in with concerns all, as routine', () => {
    const expected = ['named', 'elsewhere', 'none'].map((name) => ({ mirror: name, priority: 'routine' }));
    expect(wakesOfSecret('own', new Set(['own']), users)).to.deep.equal(expected);
  });

  it('concerns no mirror any more that names another one now, or is gone', () => {
    users.set(mirror('named', { spec: { upstream: { type: 'quay', credentialsSecretRef: { name: 'other' } } } }));
    users.delete('elsewhere');
    expect(wakesOfSecret('login', new Set(), users)).to.deep.equal([]);
    expect(wakesOfSecret('other', new Set(), users)).to.deep.equal([{ mirror: 'named', priority: 'edit' }]);
  });
});

describe('who lost a host', () => {
  const because = (name: string, reason: string): RegistryMirror =>
    mirror(name, {
      status: {
        observedGeneration: 1,
        conditions: [
          { type: 'Ready', status: 'False', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
        ],
      },
    });

  it('is told by the status: to another mirror, or to a Harbor that nodes pull from', () => {
    const mirrors = ['HostConflict', 'HostIsHarbor', 'HarborUnreachable'].map((reason) => because(reason, reason));
    expect(losersOfConflicts([...mirrors, mirror('fine')])).to.deep.equal(['HostConflict', 'HostIsHarbor']);
  });
});
