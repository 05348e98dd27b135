import { expect } from 'chai';
import { FORM_VERSION } from '../../../src/engines/policy.js';
import { CHART, helm, RELEASE } from '../../support/chart.js';
import type { Values } from '../../support/chart.js';
import { installOperator, NAMESPACE, startOperator, uninstallOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { podsDuring } from '../../support/pod-stream.js';
import { releasedOperator, RELEASES } from '../../support/release.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { SERVED_ENGINES, SERVED_PLURALS } from '../policy/served.js';
import { useWorld } from '../use-world.js';

const FORMER = RELEASES.at(-1) ?? RELEASES[0];
const NAMES = SERVED_ENGINES.map((engine) => engine.toLowerCase());
const IMAGES = Object.fromEntries(NAMES.map((name) => [`${name}.example.org/a/b:1`, `${PULL_HOST}/${name}/a/b:1`]));

/**
 * Helm changes the admission policy in place, and while the replica of before still runs: each of the two operators writes for a while under the
 * admission policy of the other.
 */
describe('helm upgrade and helm rollback, while Pods are created', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });
  let running: OperatorProcess | undefined;
  let former: Awaited<ReturnType<typeof releasedOperator>>;

  const run = async (args: readonly string[], values?: Values): Promise<void> => {
    const { cluster } = world();
    const options = {
      program: cluster.binaries.helm,
      folder: cluster.folder,
      namespace: NAMESPACE,
      kubeconfig: cluster.kubeconfigPath,
    };
    const { code, stderr } = await helm(options, args, values);
    expect(code, stderr).to.equal(0);
  };
  /** As a rolling update does it: the new replica is ready before the old one has to go. */
  const roll = async (program?: string): Promise<void> => {
    const { cluster, harbor } = world();
    const next = await startOperator(cluster, {
      harborUrl: harbor.url,
      pullHost: PULL_HOST,
      login: harbor.admin,
      env: { LEADER_ELECT: 'true' },
      ...(program === undefined ? {} : { program }),
    });
    await running?.stop();
    running = next;
  };
  const forms = async (): Promise<readonly string[]> => {
    const path = '{range .items[*]}{.metadata.annotations.registrymirror\\.io/form-version}{"\\n"}{end}';
    const kinds = SERVED_PLURALS.filter((plural) => !plural.endsWith('bindings')).join(',');
    const { stdout } = await world().cluster.kubectl([
      'get',
      kinds,
      '-l',
      'registrymirror.io/managed-by',
      '-o',
      `jsonpath=${path}`,
    ]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const allHaveForm = async (form: string): Promise<void> => {
    await eventually(
      async () => {
        expect(await forms()).to.deep.equal(NAMES.map(() => form));
      },
      { timeoutMs: 30_000 },
    );
    for (const name of NAMES) await world().reconcile(name);
    for (const name of NAMES) await world().untilReady(name);
  };
  /** Every Pod that comes meanwhile is rewritten, and Harbor is written nothing. */
  const change = async (form: string, carryOut: () => Promise<void>): Promise<void> => {
    world().harbor.resetCounts();
    const seen = await podsDuring(world(), Object.keys(IMAGES), async () => {
      await carryOut();
      await allHaveForm(form);
    });
    expect(seen).to.deep.equal(Object.fromEntries(Object.entries(IMAGES).map(([image, cached]) => [image, [cached]])));
    expect(
      world()
        .harbor.writes()
        .map(({ method, route }) => `${method} ${route}`),
    ).to.deep.equal([]);
  };

  before(async () => {
    former = await releasedOperator(FORMER);
    await uninstallOperator(world().cluster);
    await run(['install', RELEASE, former.chart, '--create-namespace'], {});
    await roll(former.program);
    for (const engine of SERVED_ENGINES) {
      const name = engine.toLowerCase();
      await world().apply(name, {
        upstream: { type: 'docker-registry', url: `https://${name}.example.org` },
        rewrite: { engine },
      });
    }
    for (const [image, cached] of Object.entries(IMAGES)) await world().untilImage(image, cached);
    await allHaveForm(FORMER.form);
  });
  after(async () => {
    await running?.kill();
    await run(['uninstall', RELEASE]);
    const { code, stderr } = await world().cluster.kubectl(['delete', 'namespace', NAMESPACE]);
    expect(code, stderr).to.equal(0);
    await world().cluster.kubectl(['delete', 'crd', 'registrymirrors.registrymirror.io']);
    await installOperator(world().cluster);
  });

  it('the new operator writes each policy in its own form, in place', async () => {
    await change(FORM_VERSION, async () => {
      await run(['upgrade', RELEASE, CHART], {});
      await roll();
    });
  });

  it('the former one writes them in the former form again', async () => {
    await change(FORMER.form, async () => {
      await run(['rollback', RELEASE, '1']);
      await roll(former.program);
    });
  });
});
