import { expect } from 'chai';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import { HostIndex } from '../../../../src/mirror/claims/host-index.js';
import { findLoop } from '../../../../src/mirror/claims/loops.js';
import type { Loop } from '../../../../src/mirror/claims/loops.js';
import { mirror } from '../mirror.js';

const OWN = 'harbor.example.org';

interface Wish {
  readonly hosts?: readonly string[];
  readonly pullHost?: string;
  readonly created?: string;
  readonly engine?: string;
}

function wants(name: string, { hosts, pullHost, created = '2026-01-01', engine }: Wish = {}): RegistryMirror {
  const harbor = { url: `https://${name}.example.org`, pullHost, credentialsSecretRef: { name } };
  return mirror(name, {
    metadata: { creationTimestamp: `${created}T00:00:00Z` },
    spec: {
      upstream: { type: 'quay', ...(hosts && { hosts }) },
      ...(pullHost === undefined ? {} : { harbor }),
      rewrite: engine === undefined ? {} : { engine },
    },
  });
}

interface Given {
  readonly mirrors: readonly RegistryMirror[];
  /** Mirrors whose hosts a policy has, and that a policy sends Pods to their pull host for. */
  readonly serving?: readonly string[];
  readonly own?: string;
  /** Mirrors of which it is not known what a policy has. */
  readonly unknown?: readonly string[];
}

function loopOf(name: string, { mirrors, serving = [], own = OWN, unknown = [] }: Given): Loop | 'unknown' | undefined {
  const hosts = new HostIndex();
  for (const one of mirrors) hosts.set(one);
  const named = new Map(mirrors.map((one) => [one.metadata.name, one]));
  const pullHostOf = ({ spec }: RegistryMirror): string => spec.harbor?.pullHost ?? own;
  const subject = named.get(name);
  if (subject === undefined) throw new Error(`There is no ${name}.`);
  return findLoop(subject, {
    pullHost: pullHostOf(subject),
    ownPullHost: own,
    naming: (host) => hosts.naming(host),
    pullingFrom: (host) => hosts.pullingFrom(host, pullHostOf),
    serves: (claim) => (unknown.includes(claim.mirror) ? 'unknown' : serving.includes(claim.mirror)),
    sendsTo: (other, host) => {
      const found = named.get(other);
      if (unknown.includes(other)) return 'unknown';
      return serving.includes(other) && found !== undefined && pullHostOf(found) === host;
    },
  });
}

const hub = wants('hub', { hosts: ['docker.io'] });
const intruder = (more: Wish = {}): RegistryMirror =>
  wants('intruder', { hosts: ['ghcr.io'], pullHost: 'docker.io', ...more });

describe('a host that is mirrored and that nodes pull a cache from', () => {
  it('is no loop where the two are different hosts', () => {
    expect(loopOf('hub', { mirrors: [hub, wants('quay')] })).to.equal(undefined);
  });

  it('stalls a mirror of the operator’s own Harbor', () => {
    const self = wants('self', { hosts: [OWN] });
    const expected = { host: OWN, role: 'mirrors' };
    expect(loopOf('self', { mirrors: [self] })).to.include(expected);
    expect(loopOf('self', { mirrors: [self, wants('quay')], serving: ['quay'] })).to.include(expected);
  });

  it('stalls who brings the conflict, and never who serves: a pull host that is mirrored', () => {
    const mirrors = [hub, intruder({ created: '2020-01-01' })];
    expect(loopOf('intruder', { mirrors, serving: ['hub'] })).to.deep.equal({
      host: 'docker.io',
      role: 'pullsFrom',
      winner: 'hub',
    });
    expect(loopOf('hub', { mirrors, serving: ['hub'] })).to.equal(undefined);
  });

  it('stalls who brings the conflict, and never who serves: a mirror of a host that Pods are sent to', () => {
    const mirrors = [wants('hub', { hosts: ['docker.io'], created: '2020-01-01' }), intruder()];
    expect(loopOf('hub', { mirrors, serving: ['intruder'] })).to.deep.equal({
      host: 'docker.io',
      role: 'mirrors',
      winner: 'intruder',
    });
    expect(loopOf('intruder', { mirrors, serving: ['intruder'] })).to.equal(undefined);
  });

  for (const serving of [[], ['hub', 'intruder']]) {
    it(`is the older one's where ${serving.length === 0 ? 'neither serves' : 'both serve'}`, () => {
      const mirrors = [hub, intruder({ created: '2026-02-02' })];
      expect(loopOf('hub', { mirrors, serving })).to.equal(undefined);
      expect(loopOf('intruder', { mirrors, serving })).to.include({ role: 'pullsFrom', winner: 'hub' });
    });
  }

  it('is nobody’s loss while it is not known who serves, and that decides', () => {
    const mirrors = [hub, intruder({ created: '2026-02-02' })];
    expect(loopOf('hub', { mirrors, unknown: ['intruder'] })).to.equal('unknown');
    expect(loopOf('intruder', { mirrors, unknown: ['intruder'] })).to.equal('unknown');
    expect(loopOf('hub', { mirrors, serving: ['hub'], unknown: ['intruder'] })).to.equal(undefined);
    expect(loopOf('intruder', { mirrors, serving: ['hub'] })).to.include({ winner: 'hub' });
  });

  it('is left to a mirror that serves it where the operator’s own Harbor is said to be there by mistake', () => {
    const mirrors = [hub, wants('quay')];
    expect(loopOf('hub', { mirrors, serving: ['hub'], own: 'docker.io' })).to.include({ winner: 'hub' });
    expect(
      loopOf('quay', {
        mirrors: [wants('elsewhere', { hosts: ['docker.io'], pullHost: 'x.example.org' }), wants('quay')],
        serving: ['elsewhere'],
        own: 'docker.io',
      }),
    ).to.include({
      role: 'pullsFrom',
      winner: 'elsewhere',
    });
  });

  it('does not count where one of the two rewrites nothing', () => {
    expect(loopOf('hub', { mirrors: [hub, intruder({ engine: 'None', created: '2020-01-01' })] })).to.equal(undefined);
    const idle = wants('hub', { hosts: ['docker.io'], engine: 'None', created: '2020-01-01' });
    expect(loopOf('intruder', { mirrors: [idle, intruder()] })).to.equal(undefined);
  });
});
