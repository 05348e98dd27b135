import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { installFromConfig, installOperator, NAMESPACE, startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { podsDuring } from '../../support/pod-stream.js';
import { releasedOperator, RELEASES } from '../../support/release.js';
import type { ReleasedOperator } from '../../support/release.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import type { LooseSpec } from '../../support/world.js';
import { SERVED_ENGINES, SERVED_PLURALS } from '../policy/served.js';
import { useWorld } from '../use-world.js';

/** What outlives the operator and is no object of a user's. */
const LEFT = [
  `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/registry-mirror-operator`,
  `/api/v1/namespaces/${NAMESPACE}/secrets/registry-mirror-operator-robot`,
  `/api/v1/namespaces/${NAMESPACE}/secrets/upstream`,
];

/** A mirror for each engine, and one that has other settings than most: all that a policy's form depends on. */
const MIRRORS: Readonly<Record<string, LooseSpec>> = {
  ...Object.fromEntries(
    SERVED_ENGINES.map((engine) => [
      engine.toLowerCase(),
      { upstream: upstream(engine.toLowerCase()), rewrite: { engine } },
    ]),
  ),
  settings: {
    upstream: upstream('settings'),
    project: { storageQuota: '10Gi', retention: { daysSinceLastPull: 30 } },
    rewrite: { failurePolicy: 'Ignore', repositories: { include: ['a/**'], exclude: ['a/not/**'] } },
  },
  private: {
    upstream: { ...upstream('private'), credentialsSecretRef: { name: 'upstream' } },
    project: { public: false },
    rewrite: { pullSecret: 'Inject' },
    deletionPolicy: 'Delete',
  },
};
const CREDENTIALS = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/basic-auth',
  metadata: { name: 'upstream', namespace: NAMESPACE, labels: { 'registrymirror.io/credentials': 'upstream' } },
  stringData: { username: 'reader', password: 'of-private' },
};
const [OLDEST, ...LATER] = RELEASES;
const CONFIG = fileURLToPath(new URL('../../../config', import.meta.url));
/** Kinds of which there is a policy for default settings; a binding is one, too. */
const PLAIN = SERVED_PLURALS.length;
const NAMES = Object.keys(MIRRORS);
const IMAGES = Object.fromEntries(NAMES.map((name) => [`${name}.example.org/a/b:1`, `${PULL_HOST}/${name}/a/b:1`]));

function upstream(name: string): LooseSpec {
  return { type: 'docker-registry', url: `https://${name}.example.org` };
}

describe('An upgrade and a downgrade of the operator, while Pods are created', function () {
  this.timeout(180_000);
  const world = useWorld({ operator: false });
  const running: OperatorProcess[] = [];
  let oldest: ReleasedOperator;
  /** What each Pod of the stream must get, whenever it comes. */
  let rewritten: Readonly<Record<string, readonly string[]>>;

  /** Has CRD and rights of a release, and as a rolling update does it: the new replica is ready before the old one has to go. */
  const rollTo = async (release?: ReleasedOperator): Promise<void> => {
    const { cluster, harbor } = world();
    if (release === undefined) await installOperator(cluster);
    else await installFromConfig(cluster, release.config);
    await component('apply', 'pull-secrets', release?.config);
    await narrow(release?.config);
    const next = await startOperator(cluster, {
      harborUrl: harbor.url,
      pullHost: PULL_HOST,
      login: harbor.admin,
      env: { LEADER_ELECT: 'true', MINT_ROBOT: 'true' },
      ...(release === undefined ? {} : { program: release.program }),
    });
    await running.pop()?.stop();
    running.push(next);
  };
  const component = async (
    verb: 'apply' | 'delete',
    name: string,
    config = CONFIG,
    more: readonly string[] = [],
  ): Promise<void> => {
    const path = join(config, 'components', name);
    const { code, stderr } = await world().cluster.kubectl([verb, '-k', path, ...more]);
    expect(code, stderr).to.equal(0);
  };
  /** Has the admission policy of the release, or none where it had none: it knows the form of its own operator's policies, and of older ones while they change. */
  const narrow = async (config = CONFIG): Promise<void> => {
    await component('delete', 'admission-policy', CONFIG, ['--ignore-not-found']);
    if (existsSync(join(config, 'components/admission-policy'))) await component('apply', 'admission-policy', config);
  };
  const policies = async (): Promise<readonly string[]> => {
    const args = ['get', SERVED_PLURALS.join(','), '-l', 'registrymirror.io/managed-by', '-o', 'name'];
    const { stdout } = await world().cluster.kubectl(args);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };
  const allAreReady = async (): Promise<void> => {
    for (const name of NAMES) await world().reconcile(name);
    for (const name of NAMES) await world().untilReady(name);
  };
  /** Changes over, and resolves when all policies have the names that they should and nothing is under way. */
  const changeTo = async (
    release: ReleasedOperator | undefined,
    isDone: (names: readonly string[]) => void,
  ): Promise<void> => {
    world().harbor.resetCounts();
    const seen = await podsDuring(world(), Object.keys(IMAGES), async () => {
      await rollTo(release);
      await allAreReady();
      await eventually(
        async () => {
          isDone(await policies());
        },
        { timeoutMs: 30_000 },
      );
      await allAreReady();
    });
    expect(seen).to.deep.equal(rewritten);
    const writes = world().harbor.writes();
    expect(writes.map(({ method, route }) => `${method} ${route}`)).to.deep.equal([]);
  };

  before(async () => {
    oldest = await releasedOperator(OLDEST);
    await world().cluster.apply([CREDENTIALS]);
    await rollTo(oldest);
    for (const [name, spec] of Object.entries(MIRRORS)) await world().apply(name, spec);
    for (const name of NAMES) await world().untilReady(name);
    for (const [image, cached] of Object.entries(IMAGES)) await world().untilImage(image, cached);
    rewritten = await podsDuring(world(), Object.keys(IMAGES), allAreReady);
    expect(Object.values(rewritten).map(([pod]) => pod?.split(' with ')[0])).to.deep.equal(Object.values(IMAGES));
  });
  after(async () => {
    await Promise.all(running.map((replica) => replica.kill()));
    await component('delete', 'pull-secrets', CONFIG, ['--ignore-not-found']);
    for (const path of LEFT) await world().cluster.api.send('DELETE', path);
    await installOperator(world().cluster);
  });

  it('from the oldest release to this one moves mirrors with default settings to the policy with the plain name', async () => {
    const before = await policies();
    await changeTo(undefined, (names) => {
      expect(names).to.have.length(before.length);
      expect(names.filter((name) => name.endsWith('/registry-mirrors'))).to.have.length(PLAIN);
    });
  });

  for (const release of LATER) {
    it(`from this one back to that of ${release.name}, and here again, leaves each policy in its place`, async () => {
      const before = await policies();
      const isAsBefore = (names: readonly string[]): void => {
        expect(names).to.deep.equal(before);
      };
      await changeTo(await releasedOperator(release), isAsBefore);
      await changeTo(undefined, isAsBefore);
    });
  }
});
