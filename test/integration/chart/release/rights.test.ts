import { expect } from 'chai';
import { startHarbor } from '../../../harbor/index.js';
import type { Values } from '../../../support/chart.js';
import { newPod } from '../../../support/new-pod.js';
import { installOperator, uninstallOperator } from '../../../support/operator.js';
import { eventually } from '../../../support/wait.js';
import { PULL_HOST, World } from '../../../support/world.js';
import type { LooseSpec } from '../../../support/world.js';
import { installCrd } from '../../crd/mirror.js';
import { SERVED_ENGINES } from '../../policy/served.js';
import { pullSecrets } from '../../pull-secrets/pulling.js';
import { useCluster } from '../../shared-cluster.js';
import { VALUE_SETS } from '../value-sets.js';
import { Release } from './release.js';

const LOGIN = { username: 'admin', password: 'p\'"{{,=' };
/** The one that is in force soonest. */
const ENGINE = SERVED_ENGINES.at(-1) ?? 'ClusterPolicy';
/** The label of namespaces that mirrors with pull Secrets select. */
const SELECTED = { 'test.registrymirror.io/selected': 'yes' };
const INJECT = {
  project: { public: false },
  rewrite: { engine: ENGINE, pullSecret: 'Inject', namespaceSelector: { matchLabels: SELECTED } },
};

interface Case {
  readonly title: string;
  /** Of the mirror, and of its project; it's also what its registry's host begins with. */
  readonly name: string;
  readonly values: Values;
  readonly spec?: LooseSpec;
  /** What needs those rights, beside a mirror's coming and going. */
  readonly also?: (name: string) => Promise<void>;
}

describe('An operator with the rights and the settings that a release of the chart gives it', function () {
  this.timeout(90_000);
  const cluster = useCluster();
  let world: World | undefined;
  let release: Release | undefined;
  /** Two namespaces that mirrors with pull Secrets select. */
  let apps: string;
  let others: string;

  const there = (): World => {
    if (world === undefined) throw new Error('The world is there inside tests only.');
    return world;
  };
  const current = (): Release => {
    if (release === undefined) throw new Error('Nothing is installed.');
    return release;
  };

  before(async function () {
    this.timeout(120_000);
    // What the specs before have left gives rights, too.
    await uninstallOperator(cluster());
    await installCrd(cluster());
    world = new World(cluster(), await startHarbor({ unmappedHealthy: true, adminPassword: LOGIN.password }), {});
    apps = await cluster().createNamespace(SELECTED, 'apps');
    others = await cluster().createNamespace(SELECTED, 'others');
  });
  afterEach(async () => {
    await release?.uninstall();
    release = undefined;
  });
  after(async function () {
    this.timeout(120_000);
    await world?.stop();
    await cluster().kubectl(['delete', 'namespace', apps, others, '--wait=false']);
    await installOperator(cluster());
  });

  const run = async (values: Values): Promise<void> => {
    release = await Release.prepare(there());
    await release.install(values);
    await release.start();
  };
  const serve = async (name: string, spec: LooseSpec): Promise<void> => {
    await there().apply(name, { upstream: upstreamOf(name), ...spec });
    await there().untilReady(name);
    await eventually(async () => {
      expect(await newPod(there(), apps, imageOf(name))).to.include({ image: cachedOf(name) });
    });
  };
  const secretsIn = async (namespace: string): Promise<readonly string[]> => {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const { items } = await cluster().api.json<{ items: readonly { metadata: { name: string } }[] }>('GET', path);
    return items.map(({ metadata }) => metadata.name);
  };
  /** Where there are pull Secrets, beside the operator's own namespace. */
  const withCopies = async (): Promise<readonly string[]> => {
    const namespaces = (await pullSecrets(there())).map(({ metadata }) => metadata.namespace);
    return namespaces.filter((namespace) => namespace !== current().namespace).sort();
  };
  const goes = async (name: string): Promise<void> => {
    await there().delete(name);
    expect(await pullSecrets(there())).to.deep.equal([]);
  };

  const cases: readonly Case[] = [
    {
      title: 'nothing but the url of Harbor',
      name: 'plain',
      values: VALUE_SETS['nothing but the url of Harbor'],
    },
    {
      title: 'one engine, and a key and a robot account of its own',
      name: 'narrow',
      values: {
        engines: { mutatingPolicy: false, mutatingAdmissionPolicy: false },
        settings: { keySecret: 'key-of-mirrors', mintRobot: true },
      },
      spec: { rewrite: { engine: 'Auto' } },
      also: async (name) => {
        expect((await there().get(name)).status.policy?.kind).to.equal('ClusterPolicy');
        // The operator makes its key once a mirror has a login for its upstream.
        await current().addLogin('reader', 'upstream', { username: 'reader', password: 'secret' });
        await serve(name, {
          upstream: { ...upstreamOf(name), credentialsSecretRef: { name: 'reader' } },
          project: { public: true },
          rewrite: { engine: 'Auto' },
        });
        expect(there().harbor.endpoint(name)?.accessKey).to.equal('reader');
        expect(await secretsIn(current().namespace))
          .to.include.members(['key-of-mirrors', 'registry-mirror-operator-robot'])
          .and.not.include('registry-mirror-operator-key');
      },
    },
    {
      title: 'other names, a login that the chart makes a Secret of, and Pods that fall back',
      name: 'renamed',
      values: { ...VALUE_SETS['other names'], harbor: { credentials: LOGIN }, features: { fallback: true } },
      spec: { rewrite: { engine: ENGINE, fallback: 'Upstream' } },
      also: fallsBack,
    },
    {
      title: 'pull Secrets in all namespaces',
      name: 'spread',
      values: { features: { pullSecrets: true } },
      spec: INJECT,
      also: async (name) => {
        expect(await withCopies()).to.deep.equal([apps, others].sort());
        expect(await there().condition(name, 'PullSecretsSpread')).to.equal(undefined);
      },
    },
  ];

  for (const { title, name, values, spec = {}, also } of cases) {
    it(`brings a mirror to Ready, and takes it away again: ${title}`, async () => {
      await run(values);
      await serve(name, spec);
      await also?.(name);
      await goes(name);
    });
  }

  it('puts pull Secrets into the namespaces that features.pullSecretNamespaces names, and says in which other it was refused', async () => {
    const narrowed = (...pullSecretNamespaces: readonly string[]): Values => ({
      features: { pullSecrets: true, pullSecretNamespaces },
    });
    await run(narrowed(apps));
    await serve('some', INJECT);
    const { message } = await there().until('some', 'PullSecretsSpread', 'False', 'PullSecretRefused');
    expect(message)
      .to.match(new RegExp(`^1 namespace does not take the pull Secret.*: ${others}/registry-mirror-pull-`))
      .and.include(`cannot create resource "secrets" in API group "" in the namespace "${others}"`);
    expect(await withCopies()).to.deep.equal([apps]);
    expect((await newPod(there(), apps, imageOf('some'))).secrets).to.deep.equal(await secretsIn(apps));

    await current().upgrade(narrowed(apps, others));
    await there().reconcile('some');
    await eventually(async () => {
      expect(await there().condition('some', 'PullSecretsSpread')).to.equal(undefined);
    });
    expect(await withCopies()).to.deep.equal([apps, others].sort());
    await goes('some');
  });

  /** What a Pod whose image can't be pulled goes through. */
  async function fallsBack(name: string): Promise<void> {
    const { api } = cluster();
    const path = `/api/v1/namespaces/${apps}/pods`;
    const image = async (): Promise<unknown> => {
      const { spec } = await api.json<{ spec: { containers: readonly { image: string }[] } }>('GET', `${path}/stuck`);
      return spec.containers[0]?.image;
    };
    const containers = [{ name: 'c', image: imageOf(name) }];
    await api.json('POST', path, { metadata: { name: 'stuck' }, spec: { containers } });
    expect(await image()).to.equal(cachedOf(name));
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    const stuck = { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state: { waiting } };
    const status = { phase: 'Pending', containerStatuses: [stuck] };
    await api.json('PATCH', `${path}/stuck/status`, { status }, 'application/merge-patch+json');
    await eventually(async () => {
      expect(await image()).to.equal(imageOf(name));
    });
    expect(await there().condition(name, 'FallbackAllowed')).to.equal(undefined);
  }
});

function upstreamOf(name: string): LooseSpec {
  return { type: 'docker-registry', url: `https://${name}.example.org` };
}

function imageOf(name: string): string {
  return `${name}.example.org/a/b:1`;
}

function cachedOf(name: string): string {
  return `${PULL_HOST}/${name}/a/b:1`;
}
