import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { harborName } from './harbor-under-test.js';
import { useStage } from './stage.js';
import type { Stage } from './stage.js';

const GIB = 1024 ** 3;

interface Setting {
  readonly field: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** What Harbor has of it. */
  readonly read: (stage: Stage, project: string) => Promise<unknown>;
  readonly seen: readonly [before: unknown, after: unknown];
  /** Somebody's edit in Harbor; absent where the operator looks for one at a slower beat. */
  readonly edit?: (stage: Stage, project: string) => Promise<void>;
}

async function projectId({ harbor }: Stage, name: string): Promise<number> {
  const project = await harbor.client.findProject(name);
  if (project === undefined) throw new Error(`Harbor has no project ${name}.`);
  return project.id;
}

function metadata(key: string, edited: string): Pick<Setting, 'read' | 'edit'> {
  return {
    read: async ({ harbor }, name) => (await harbor.client.findProject(name))?.metadata[key],
    edit: async (stage, name) => stage.harbor.client.updateProject(await projectId(stage, name), { [key]: edited }),
  };
}

const SETTINGS: readonly Setting[] = [
  {
    field: 'public',
    before: { public: true },
    after: { public: false },
    seen: ['true', 'false'],
    ...metadata('public', 'true'),
  },
  {
    field: 'storageQuota',
    before: { storageQuota: '10Gi' },
    after: { storageQuota: 'unlimited' },
    seen: [10 * GIB, -1],
    read: async (stage, name) => (await stage.harbor.client.findQuota(await projectId(stage, name)))?.hardBytes,
    edit: async (stage, name) => {
      const quota = await stage.harbor.client.findQuota(await projectId(stage, name));
      await stage.harbor.client.updateQuota(quota?.id ?? 0, 7);
    },
  },
  {
    field: 'bandwidthLimit',
    before: { bandwidthLimit: '10Mi' },
    after: { bandwidthLimit: 'unlimited' },
    seen: ['81920', '-1'],
    ...metadata('proxy_speed_kb', '1'),
  },
  {
    field: 'maxUpstreamConnections',
    before: { maxUpstreamConnections: 20 },
    after: { maxUpstreamConnections: 30 },
    seen: ['20', '30'],
    ...metadata('max_upstream_conn', '1'),
  },
  {
    field: 'serveCachedWhenDeletedUpstream',
    before: { serveCachedWhenDeletedUpstream: true },
    after: { serveCachedWhenDeletedUpstream: false },
    seen: ['true', 'false'],
    ...metadata('proxy_cache_local_on_not_found', 'true'),
  },
  {
    field: 'autoScan',
    before: { autoScan: true },
    after: { autoScan: false },
    seen: ['true', 'false'],
    ...metadata('auto_scan', 'true'),
  },
  {
    field: 'preventVulnerable',
    before: { preventVulnerable: { severity: 'high' } },
    after: { preventVulnerable: { severity: 'critical' } },
    seen: ['high', 'critical'],
    ...metadata('severity', 'low'),
  },
  {
    field: 'retention',
    before: { retention: { daysSinceLastPull: 30 } },
    after: { retention: { keep: 'All' } },
    seen: [
      { daysSinceLastPull: 30, keepsAll: false },
      { daysSinceLastPull: undefined, keepsAll: true },
    ],
    read: async (stage, name) => {
      const project = await stage.harbor.client.getProject(await projectId(stage, name));
      const { daysSinceLastPull, keepsAll } = await stage.harbor.client.getRetention(project?.retentionId ?? 0);
      return { daysSinceLastPull, keepsAll };
    },
  },
];

describe(`Every setting of a project in ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage();
  const apply = (field: string, project: object): Promise<void> =>
    stage().serve(field.toLowerCase(), { project, rewrite: { engine: 'None' } });

  for (const { field, before, after, read, seen, edit } of SETTINGS) {
    const repaired = edit === undefined ? '' : 'repaired when somebody edits it, ';
    it(`${field}: written, changed, ${repaired}and then left alone`, async () => {
      const name = stage().name(field.toLowerCase());
      await apply(field, before);
      expect(await read(stage(), name)).to.deep.equal(seen[0]);
      await apply(field, after);
      await eventually(async () => {
        expect(await read(stage(), name)).to.deep.equal(seen[1]);
      });
      if (edit !== undefined) {
        await edit(stage(), name);
        await stage().mirrors.reconcile(name);
        expect(await read(stage(), name)).to.deep.equal(seen[1]);
      }
      stage().gate.forget();
      await stage().mirrors.reconcile(name);
      expect(stage().gate.writes).to.deep.equal([]);
      const supported = await stage().mirrors.condition(name, 'SettingsSupported');
      expect(supported?.status, supported?.message).to.be.oneOf([undefined, 'True']);
    });
  }

  it('leaves alone what the mirror doesn’t name', async () => {
    await apply('unnamed', {});
    const id = await projectId(stage(), stage().name('unnamed'));
    await stage().harbor.client.updateProject(id, { auto_scan: 'true', max_upstream_conn: '5' });
    await stage().mirrors.reconcile(stage().name('unnamed'));
    const project = await stage().harbor.client.findProject(stage().name('unnamed'));
    expect(project?.metadata).to.include({ auto_scan: 'true', max_upstream_conn: '5' });
  });
});
