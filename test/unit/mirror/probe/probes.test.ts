import { expect } from 'chai';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import type { PullAnswer, PullQuestion } from '../../../../src/harbor/api.js';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborFindings } from '../../../../src/mirror/look/findings.js';
import { Probes } from '../../../../src/mirror/probe/probes.js';
import type { AskedSession } from '../../../../src/mirror/probe/probes.js';
import { eventually } from '../../../support/wait.js';
import { mirror } from '../mirror.js';

const HARBOR = 'https://harbor.example.org';
const project = { id: 12, name: 'quay', registryId: 7, metadata: { public: 'true' }, repositoryCount: 0 };
const UNSEEN: HarborFindings = {
  url: HARBOR,
  clusterId: 'c',
  unsupported: [],
  pullPrefix: 'pull.example.org/quay',
  reachable: true,
};
const FOUND: HarborFindings = { ...UNSEEN, project };
const PRIVATE: HarborFindings = { ...FOUND, project: { ...project, metadata: { public: 'false' } } };
const LOGIN = { username: 'robot$quay+pull', password: 'hunter2' };

function errorOf(kind: 'notFound' | 'timeout'): HarborError {
  return new HarborError({ kind, method: 'HEAD', path: '/v2/quay/a/b/manifests/1', reason: 'no', status: 404 });
}

/** Ends as a call to a Harbor that hangs: when it is given up. */
async function hanging(signal: AbortSignal | undefined): Promise<never> {
  return await new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(errorOf('timeout'));
    });
  });
}

describe('The images that mirrors have the cache asked for', () => {
  let probes: Probes;
  let session: AskedSession;
  const asked: PullQuestion[] = [];
  const news: string[] = [];
  const outcomes: string[] = [];
  let login: typeof LOGIN | undefined;
  let answer: (signal: AbortSignal | undefined) => Promise<PullAnswer>;

  const served = (): Promise<PullAnswer> => Promise.resolve({ kind: 'served' });
  const quay = (spec: object = {}, generation = 2, more: object = {}): RegistryMirror => ({
    ...mirror('quay', { spec: { probe: { image: 'a/b:1' }, ...spec }, metadata: { generation } }),
    ...more,
  });
  const says = (object: RegistryMirror, harbor: HarborFindings | undefined = FOUND): string => {
    const found = probes.settle(object, harbor);
    return found === undefined ? 'nothing' : `${found.status} ${found.reason}`;
  };
  const untilSays = async (object: RegistryMirror, expected: string, harbor = FOUND): Promise<void> => {
    await eventually(() => {
      expect(says(object, harbor)).to.equal(expected);
    });
  };

  beforeEach(() => {
    for (const list of [asked, news, outcomes]) list.length = 0;
    login = undefined;
    answer = served;
    session = {
      url: HARBOR,
      client: {
        askAsNode: async (question, { signal } = {}) => {
          asked.push(question);
          return await answer(signal);
        },
      },
      signal: new AbortController().signal,
      facts: { availability: { kind: 'up' } },
    };
    probes = new Probes({
      harbors: { sessionFor: () => ({ ok: true, value: session }) },
      loginFor: (_mirror, harbor, prefix) =>
        harbor === HARBOR && prefix === 'pull.example.org/quay' ? login : undefined,
      minIntervalMs: 60_000,
      random: () => 0.5,
      onNews: (name) => news.push(name),
      onProbe: (reason) => outcomes.push(reason),
      onBug: (_name, error) => {
        throw error;
      },
    });
  });
  afterEach(async () => {
    await probes.stop();
  });

  it('are none without spec.probe', () => {
    expect(says(mirror('quay'))).to.equal('nothing');
    expect(asked).to.deep.equal([]);
  });

  it('are asked for at once, anonymously, and what comes of it is told once', async () => {
    expect(says(quay())).to.equal('Unknown NotChecked');
    await untilSays(quay(), 'True ImageServed');
    expect(asked).to.have.lengthOf(1);
    expect(asked[0]).to.include({ project: 'quay', path: 'a/b', reference: '1', pullHost: 'pull.example.org' });
    expect(asked[0]).not.to.have.property('login');
    expect(news).to.deep.equal(['quay']);
    expect(outcomes).to.deep.equal(['ImageServed']);
  });

  it('are asked for again after an edit, and nobody is told of the same answer', async () => {
    await untilSays(quay(), 'True ImageServed');
    for (const generation of [3, 4]) {
      expect(says(quay({}, generation))).to.equal('True ImageServed');
      await eventually(() => {
        expect(outcomes).to.have.lengthOf(generation - 1);
      });
    }
    expect(news).to.deep.equal(['quay']);
  });

  it('are asked for once more where an edit comes while they are asked for', async () => {
    const { promise, resolve } = Promise.withResolvers<PullAnswer>();
    answer = async () => await promise;
    says(quay());
    await eventually(() => {
      expect(asked).to.have.lengthOf(1);
    });
    says(quay({}, 3));
    answer = () => Promise.reject(errorOf('notFound'));
    resolve({ kind: 'served' });
    await untilSays(quay({}, 3), 'False ImageNotServed');
    expect(asked).to.have.lengthOf(2);
  });

  it('say nothing of another image, and the answer for the old one is given up', async () => {
    const { promise, resolve } = Promise.withResolvers<AbortSignal | undefined>();
    answer = async (signal) => {
      resolve(signal);
      return await hanging(signal);
    };
    says(quay());
    const signal = await promise;
    answer = served;
    const other = quay({ probe: { image: 'a/c:1' } }, 3);
    expect(says(other)).to.equal('Unknown NotChecked');
    expect(signal?.aborted).to.equal(true);
    await untilSays(other, 'True ImageServed');
  });

  it('of a private project are asked for with the mirror’s pull robot, and with nobody else', async () => {
    expect(says(quay(), PRIVATE)).to.equal('Unknown PullLoginMissing');
    expect(asked).to.deep.equal([]);
    login = LOGIN;
    await untilSays(quay(), 'True ImageServed', PRIVATE);
    expect(asked[0]?.login).to.deep.equal(LOGIN);
  });

  it('are not asked for while Harbor is down, and at once when it is back', async () => {
    await untilSays(quay(), 'True ImageServed');
    expect(says(quay(), { ...FOUND, reachable: false })).to.equal('Unknown HarborUnreachable');
    expect(says(quay(), { ...FOUND, project: null })).to.equal('Unknown NotChecked');
    await untilSays(quay(), 'True ImageServed');
    expect(asked).to.have.lengthOf(2);
  });

  it('stay as they were said to be where a look doesn’t get as far as Harbor', async () => {
    await untilSays(quay(), 'True ImageServed');
    expect(says(quay(), UNSEEN)).to.equal('True ImageServed');
    expect(probes.settle(quay(), undefined)).to.include({ status: 'True' });
    expect(asked).to.have.lengthOf(1);
  });

  describe('after a restart of the operator', () => {
    const conditions = [
      { type: 'ProbeSucceeded', status: 'False', reason: 'ImageNotServed', message: '404', lastTransitionTime: '' },
    ] as const;

    it('stay as the status says, and come when it is their turn', () => {
      const object = quay({}, 2, { status: { observedGeneration: 2, conditions } });
      expect(probes.settle(object, FOUND)).to.deep.equal({ status: 'False', reason: 'ImageNotServed', message: '404' });
      expect(asked).to.deep.equal([]);
      expect(news).to.deep.equal([]);
    });

    it('are asked for at once where the spec was edited meanwhile', async () => {
      const object = quay({}, 3, { status: { observedGeneration: 2, conditions } });
      expect(says(object)).to.equal('Unknown NotChecked');
      await untilSays(object, 'True ImageServed');
    });
  });

  it('of a session that ends say nothing of Harbor', async () => {
    const ended = new AbortController();
    session = { ...session, signal: ended.signal };
    answer = () => {
      ended.abort();
      return Promise.reject(errorOf('timeout'));
    };
    says(quay());
    await eventually(() => {
      expect(asked).to.have.lengthOf(1);
    });
    expect(says(quay())).to.equal('Unknown NotChecked');
    expect(outcomes).to.deep.equal([]);
  });

  it('are given up with the mirror, and with the operator', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    answer = async (signal) => {
      signals.push(signal);
      return await hanging(signal);
    };
    says(quay());
    await eventually(() => {
      expect(signals).to.have.lengthOf(1);
    });
    probes.forget('quay');
    says(quay());
    await eventually(() => {
      expect(signals).to.have.lengthOf(2);
    });
    await probes.stop();
    expect(signals.every((signal) => signal?.aborted)).to.equal(true);
    expect(news).to.deep.equal([]);
  });
});
