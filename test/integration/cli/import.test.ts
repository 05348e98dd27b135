import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { parseMark } from '../../../src/harbor/mark.js';
import { PULL_HOST } from '../../support/world.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { useWorld } from '../use-world.js';
import { runCli } from './run-cli.js';
import type { CliResult } from './run-cli.js';

interface Project {
  readonly name: string;
  readonly endpoint: object;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly quota?: number;
  readonly retentionDays?: number;
}

const credential = { type: 'basic', access_key: 'robot', access_secret: 'topsecret' };

/** What somebody set up by hand: several types, several settings. */
const BY_HAND: readonly Project[] = [
  {
    name: 'hub',
    endpoint: { type: 'docker-hub', url: 'https://hub.docker.com', description: 'Docker Hub, since 2023' },
  },
  { name: 'red_hat', endpoint: { type: 'docker-registry', url: 'https://quay.io' }, retentionDays: 30 },
  { name: 'ghcr', endpoint: { type: 'github-ghcr', url: 'https://ghcr.io' }, quota: 500 * 2 ** 30 },
  {
    name: 'k8s',
    endpoint: { type: 'docker-registry', url: 'https://registry.k8s.io', description: 'a: "b" #c\nline {{ two }}' },
    metadata: {
      auto_scan: 'true',
      proxy_speed_kb: '8192',
      max_upstream_conn: '20',
      prevent_vul: 'true',
      severity: 'high',
    },
  },
  {
    name: 'private',
    endpoint: { type: 'docker-registry', url: 'https://registry.example.org:5000', insecure: true },
    metadata: { public: 'false' },
  },
  { name: 'team', endpoint: { type: 'docker-registry', url: 'https://team.example.org', credential } },
  { name: 'hub-again', endpoint: { type: 'docker-hub', url: 'https://hub.docker.com' } },
];

describe('registry-mirror import', function () {
  this.timeout(120_000);
  const world = useWorld();
  let folder: string;
  let imported: CliResult;
  let env: Readonly<Record<string, string>>;

  const make = async ({ name, endpoint, metadata, quota, retentionDays }: Project): Promise<void> => {
    const registry_id = await world().asAdmin('POST', '/registries', { name: `${name}-by-hand`, ...endpoint });
    const settings = { public: 'true', ...metadata };
    const storage_limit = quota ?? -1;
    await world().asAdmin('POST', '/projects', { project_name: name, registry_id, storage_limit, metadata: settings });
    const retention = world().harbor.retentionOf(name);
    const [rule] = retention?.rules ?? [];
    if (retention === undefined || rule === undefined || retentionDays === undefined) return;
    await world().asAdmin('PUT', `/retentions/${retention.id}`, {
      algorithm: 'or',
      scope: { level: 'project', ref: world().harbor.project(name)?.id },
      trigger: { kind: 'Schedule', settings: { cron: '0 0 0 * * *' } },
      rules: [{ ...rule, params: { nDaysSinceLastPull: retentionDays } }],
    });
  };
  const cli = (...args: readonly string[]): Promise<CliResult> =>
    runCli([...args, '--kubeconfig', world().cluster.kubeconfigPath], env);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-import-'));
    const { username, password } = world().harbor.addRobot('reader');
    env = { HARBOR_URL: world().harbor.url, HARBOR_USERNAME: username, HARBOR_PASSWORD: password };
    for (const project of BY_HAND) await make(project);
    const shared = world().harbor.endpoint('ghcr-by-hand')?.id;
    await world().asAdmin('POST', '/projects', {
      project_name: 'ghcr-too',
      registry_id: shared,
      metadata: { public: 'true' },
    });
    await world().asAdmin('POST', '/projects', { project_name: 'no-proxy', metadata: { public: 'true' } });
    await world().cluster.apply([handMadePolicy()]);
    world().harbor.resetCounts();
    imported = await cli('import', '--from-cluster', '--harbor-pull-host', PULL_HOST);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world().cluster.kubectl(['delete', 'clusterpolicy', 'replace-image-registry', '--ignore-not-found']);
    await world().cluster.kubectl([
      'delete',
      'secret',
      'team-upstream',
      '-n',
      'registry-mirror-system',
      '--ignore-not-found',
    ]);
  });

  const specs = (): Readonly<Record<string, Record<string, unknown>>> =>
    Object.fromEntries(
      parseAllDocuments(imported.out)
        .map((document) => document.toJS() as { metadata: { name: string }; spec: Record<string, unknown> } | null)
        .flatMap((mirror) => (mirror === null ? [] : [[mirror.metadata.name, mirror.spec] as const])),
    );

  it('writes nothing', () => {
    expect(imported.code).to.equal(0);
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('states what differs from the defaults, and no more', () => {
    expect(specs()).to.deep.equal({
      hub: {
        upstream: { type: 'docker-hub', description: 'Docker Hub, since 2023' },
        rewrite: {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['storage'] }],
          },
        },
        adoptionPolicy: 'Adopt',
      },
      'red-hat': {
        upstream: { type: 'quay' },
        project: { name: 'red_hat', retention: { daysSinceLastPull: 30 } },
        adoptionPolicy: 'Adopt',
      },
      ghcr: { upstream: { type: 'github-ghcr' }, adoptionPolicy: 'Use' },
      'ghcr-too': { upstream: { type: 'github-ghcr' }, rewrite: { engine: 'None' }, adoptionPolicy: 'Use' },
      k8s: {
        upstream: { type: 'docker-registry', url: 'https://registry.k8s.io', description: 'a: "b" #c\nline {{ two }}' },
        project: {
          bandwidthLimit: '1Mi',
          maxUpstreamConnections: 20,
          autoScan: true,
          preventVulnerable: { severity: 'high' },
        },
        adoptionPolicy: 'Adopt',
      },
      private: {
        upstream: { type: 'docker-registry', url: 'https://registry.example.org:5000', insecureSkipTLSVerify: true },
        project: { public: false },
        rewrite: { engine: 'None' },
        adoptionPolicy: 'Adopt',
      },
      team: {
        upstream: {
          type: 'docker-registry',
          url: 'https://team.example.org',
          credentialsSecretRef: { name: 'team-upstream' },
        },
        project: { public: true },
        adoptionPolicy: 'Adopt',
      },
      'hub-again': { upstream: { type: 'docker-hub' }, rewrite: { engine: 'None' }, adoptionPolicy: 'Adopt' },
    });
  });

  it('says what hand-made policies do, and what a person has to do', () => {
    expect(imported.out)
      .to.include('# ClusterPolicy replace-image-registry sends docker.io to hub, except in kube-system, storage.')
      .and.include('It leaves out initContainers, ephemeralContainers, volumes.')
      .and.include('kubectl create secret generic team-upstream -n registry-mirror-system')
      .and.include('Used, not adopted: its endpoint ghcr-by-hand also serves ghcr-too.');
    expect(imported.out).to.not.include('topsecret').and.not.include('would also');
  });

  it('gives manifests that change nothing in Harbor but the mark, and then nothing at all', async () => {
    const { cluster, harbor } = world();
    await cluster.apply([teamSecret()]);
    const before = contentOf(harbor);
    const file = join(folder, 'mirrors.yaml');
    writeFileSync(file, imported.out);
    const planned = await cli('plan', '-f', file, '--harbor-pull-host', PULL_HOST);
    expect(planned.code).to.equal(1);
    expect(planned.out).to.include('hub: update endpoint').and.include('create RegistryMirror hub');
    expect(harbor.writes()).to.deep.equal([]);

    await cluster.apply(imported.out);
    const names = Object.keys(specs());
    for (const name of names) await world().untilReady(name);
    const adopted = Object.entries(specs()).filter(([, { adoptionPolicy }]) => adoptionPolicy === 'Adopt');
    expect(harbor.writes().map(({ method, path }) => `${method} ${path.replace(/\d+$/, 'ID')}`)).to.deep.equal(
      adopted.map(() => 'PUT /api/v2.0/registries/ID'),
    );
    for (const { name, endpoint } of BY_HAND) {
      if (name === 'ghcr') continue;
      const { userText, mark } = parseMark(harbor.endpoint(`${name}-by-hand`)?.description ?? '');
      expect(userText).to.equal((endpoint as { description?: string }).description ?? '');
      expect(mark?.mirror).to.equal(name.replace('_', '-'));
    }
    expect(contentOf(harbor)).to.deep.equal(before);

    harbor.resetCounts();
    const again = await cli('plan', '-f', file);
    expect(again.out).to.match(/^No changes\.$/m);
    expect(again.code).to.equal(0);
    const stored = await cli('plan');
    expect(stored.out).to.match(/^No changes\.$/m);
    expect(harbor.writes()).to.deep.equal([]);
  });

  it('leaves out what mirrors of this cluster have already', async () => {
    const { out, warnings } = await cli('import', '--from-cluster', '-o', 'json');
    const { items } = JSON.parse(out) as { items: { metadata: { name: string } }[] };
    expect(items.map(({ metadata }) => metadata.name)).to.deep.equal(['ghcr', 'ghcr-too']);
    expect(warnings).to.include('Project hub is left out: it belongs to RegistryMirror hub of this cluster already.');
  });
});

/** All that Harbor holds, but for the descriptions, where the mark goes. */
function contentOf({ state }: HarborStandIn): unknown {
  const endpoints = state.endpoints
    .all()
    .map((endpoint) => ({ ...endpoint, description: '', updatedAt: '', status: '' }))
    .sort((a, b) => a.id - b.id);
  return structuredClone([endpoints, state.projects.all(), state.quotas.all(), state.retentions.all()]);
}

function teamSecret(): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: {
      name: 'team-upstream',
      namespace: 'registry-mirror-system',
      labels: { 'registrymirror.io/credentials': 'upstream' },
    },
    stringData: { username: 'robot', password: 'topsecret' },
  };
}

/** As found in the wild: only containers, autogen left on. */
function handMadePolicy(): object {
  const image = `{{ regex_replace_all('^(?:docker\\.io/)?(.*)$', element.image, '${PULL_HOST}/hub/$1') }}`;
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'ClusterPolicy',
    metadata: { name: 'replace-image-registry' },
    spec: {
      background: false,
      rules: [
        {
          name: 'replace',
          match: { any: [{ resources: { kinds: ['Pod'], namespaces: ['never-there'] } }] },
          exclude: { any: [{ resources: { namespaces: ['kube-system', 'storage'] } }] },
          mutate: {
            foreach: [
              {
                list: 'request.object.spec.containers',
                patchStrategicMerge: { spec: { containers: [{ name: '{{ element.name }}', image }] } },
              },
            ],
          },
        },
      ],
    },
  };
}
