import { expect } from 'chai';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import { Harbors } from '../../../../src/harbor/session/harbors.js';
import type { HarborsOptions } from '../../../../src/harbor/session/harbors.js';
import type { HarborSession } from '../../../../src/harbor/session/harbor-session.js';
import type { Secret } from '../../../../src/credentials/secrets.js';
import { startHarbor } from '../../../harbor/index.js';
import type { HarborStandIn } from '../../../harbor/index.js';
import { NO_SECRETS } from '../../../support/no-secrets.js';
import { eventually } from '../../../support/wait.js';
import { mirror } from '../../mirror/mirror.js';
import { QUIET_HARBORS } from './quiet-harbors.js';

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
  let harbor: HarborStandIn | undefined;

  afterEach(async () => {
    await harbors?.stop();
    harbors = undefined;
    await harbor?.stop();
    harbor = undefined;
  });

  function open(mirrors: readonly RegistryMirror[], more: Partial<HarborsOptions> = {}): Harbors {
    harbors = new Harbors({
      ...QUIET_HARBORS,
      own: {
        url: URL,
        pullHost: undefined,
        login: { kind: 'given', username: 'robot$x', password: 'x' },
        caSecret: undefined,
        insecureSkipTLSVerify: false,
      },
      secrets: { secret: NO_SECRETS, ownSecret: NO_SECRETS },
      mirrors: () => mirrors,
      checkEveryMs: 60_000,
      thresholds: { failures: 3, successes: 3 },
      requestTimeoutMs: 1000,
      onBug: (_, error) => {
        throw error;
      },
      now: () => performance.now(),
      ...more,
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
    const all = open([plain, other]);
    const session = sessionFor(plain, all);
    expect(sessionFor(other, all)).to.equal(session);
    expect(all.pullHostFor(other, session)).to.deep.equal({ kind: 'known', host: 'pull.example.org' });
    expect(all.pullHostFor(plain, session)).to.deep.equal({ kind: 'unknown' });
    expect(all.knownPullHost(other.spec)).to.equal('pull.example.org');
    expect(all.knownPullHost(plain.spec)).to.equal(undefined);
  });

  it('ask few mirrors whether one of thousands that went was the last', () => {
    let asked = 0;
    const mirrors = Array.from({ length: 1000 }, (_, i) => {
      const plain = mirror(`mirror-${i}`);
      const counted = {
        ...plain,
        get spec() {
          asked += 1;
          return plain.spec;
        },
      };
      return counted;
    });
    const all = open(mirrors);
    const session = sessionFor(mirror('mirror-0'), all);
    asked = 0;
    for (let gone = 0; gone < 100; gone += 1) all.forget(`gone-${gone}`);
    expect(session.signal.aborted).to.equal(false);
    expect(asked / 100).to.be.below(10);
  });

  describe('that no mirror uses any more', () => {
    const ELSEWHERE = 'http://127.0.0.1:8';
    const elsewhere = mirror('there', {
      spec: { harbor: { url: ELSEWHERE, credentialsSecretRef: { name: 'its' } } },
    });
    const secret = (name: string): Secret => ({
      metadata: {
        name,
        labels: { 'registrymirror.io/credentials': 'harbor' },
        annotations: { 'registrymirror.io/allowed-hosts': ELSEWHERE },
      },
      data: { username: 'eA==', password: 'eA==' },
    });
    const secrets = { secret: { namespace: 'operator', find: secret }, ownSecret: NO_SECRETS };
    const credentialsSecretRef = { name: 'its' };
    const before = { url: ELSEWHERE, projectName: 'there', credentialsSecretRef };

    it('are let go of when their last mirror is moved to another one and left nothing there', () => {
      const mirrors = [elsewhere];
      const all = open(mirrors, { secrets });
      const left = sessionFor(elsewhere, all);
      mirrors.splice(0, 1, mirror('there'));
      sessionFor(mirror('there'), all);
      expect(left.signal.aborted).to.equal(true);
    });

    it('stay while a mirror that was moved away has something there', () => {
      const mirrors = [elsewhere];
      const all = open(mirrors, { secrets });
      const left = sessionFor(elsewhere, all);
      const moved = mirror('there', { status: { observedGeneration: 1, harbor: before } });
      mirrors.splice(0, 1, moved);
      sessionFor(moved, all);
      expect(left.signal.aborted).to.equal(false);
      expect(all.sessionForFormer(before)).to.deep.equal({ ok: true, value: left });
    });

    it('are let go of within a minute of when nothing of a mirror is left there any more', async () => {
      harbor = await startHarbor();
      let passed = 0;
      const moved = mirror('there', { status: { observedGeneration: 1, harbor: before } });
      const mirrors = [moved];
      const own = { url: harbor.url, pullHost: undefined, caSecret: undefined, insecureSkipTLSVerify: false };
      const all = open(mirrors, {
        own: { ...own, login: { kind: 'given', ...harbor.addRobot('operator') } },
        secrets,
        checkEveryMs: 5,
        now: () => performance.now() + passed,
      });
      const [present, former] = [sessionFor(moved, all), all.sessionForFormer(before)];
      await present.checkedOnce;
      mirrors.splice(0, 1, mirror('there'));
      await eventually(() => {
        passed += 60_000;
        expect(former.ok && former.value.signal.aborted).to.equal(true);
      });
      expect(present.signal.aborted).to.equal(false);
    });
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
      expect(sessionFor(mirrors[0], open(mirrors)).facts.availability.kind).to.equal(kind);
    });
  }
});
