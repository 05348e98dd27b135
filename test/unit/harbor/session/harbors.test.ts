import { expect } from 'chai';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import { Harbors } from '../../../../src/harbor/session/harbors.js';
import type { HarborSession } from '../../../../src/harbor/session/harbor-session.js';
import { mirror } from '../../mirror/mirror.js';

/** Nothing listens there: the sessions of these tests say what is known without an answer. */
const URL = 'http://127.0.0.1:9';

function reachable(name: string, status: 'True' | 'False', reason = 'Succeeded'): RegistryMirror {
  const times = { lastTransitionTime: '2026-01-01T00:00:00Z', message: '', observedGeneration: 2 };
  return mirror(name, {
    status: {
      observedGeneration: 2,
      harbor: { url: URL },
      conditions: [
        { ...times, type: 'Ready', status: status === 'True' ? 'True' : 'False', reason },
        { ...times, type: 'HarborReachable', status, reason: 'any' },
      ],
    },
  });
}

describe('the Harbors in use', () => {
  let harbors: Harbors | undefined;

  afterEach(async () => {
    await harbors?.stop();
    harbors = undefined;
  });

  function open(...mirrors: readonly RegistryMirror[]): Harbors {
    harbors = new Harbors({
      own: {
        url: URL,
        pullHost: undefined,
        login: { kind: 'given', username: 'robot$x', password: 'x' },
        caSecret: undefined,
        insecureSkipTLSVerify: false,
      },
      secrets: { secret: () => undefined, ownSecret: () => undefined },
      mirrors: () => mirrors,
      checkEveryMs: 60_000,
      thresholds: { failures: 3, successes: 3 },
      requestTimeoutMs: 1000,
      proxy: {},
      onResponse: () => undefined,
      onChange: () => undefined,
      onTurn: () => undefined,
      findMissingPermissions: () => Promise.resolve([]),
      onMissingPermissions: () => undefined,
      onBug: (_, error) => {
        throw error;
      },
      now: () => performance.now(),
    });
    return harbors;
  }

  function sessionFor(subject: RegistryMirror, of: Harbors): HarborSession {
    const session = of.sessionFor(subject);
    if (!session.ok) throw new Error(JSON.stringify(session.problem));
    return session.value;
  }

  it('share a session between mirrors that name other pull hosts', () => {
    const plain = mirror('plain');
    const other = mirror('other', { spec: { harbor: { pullHost: 'pull.example.org' } } });
    const all = open(plain, other);
    const session = sessionFor(plain, all);
    expect(sessionFor(other, all)).to.equal(session);
    expect(all.pullHostFor(other, session)).to.deep.equal({ kind: 'known', host: 'pull.example.org' });
    expect(all.pullHostFor(plain, session)).to.deep.equal({ kind: 'unknown' });
    expect(all.knownPullHost(other.spec)).to.equal('pull.example.org');
    expect(all.knownPullHost(plain.spec)).to.equal(undefined);
  });

  for (const [title, mirrors, kind] of [
    ['stay down over a restart where all mirrors said so', [reachable('a', 'False'), reachable('b', 'False')], 'down'],
    ['are not down for one mirror that says so alone', [reachable('a', 'False'), reachable('b', 'True')], 'unknown'],
    ['are not down where nobody said so', [reachable('a', 'True'), mirror('b')], 'unknown'],
    [
      'stay down where the only mirror that says otherwise has lost its host, and looks no more',
      [reachable('a', 'False'), reachable('b', 'True', 'HostConflict')],
      'down',
    ],
  ] as const) {
    it(title, () => {
      expect(sessionFor(mirrors[0], open(...mirrors)).facts.availability.kind).to.equal(kind);
    });
  }
});
