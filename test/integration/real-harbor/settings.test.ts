import { expect } from 'chai';
import { isOlder } from '../../../src/harbor/version.js';
import { eventually } from '../../support/wait.js';
import { harborsToTry, ROBOTS_OF_ROBOTS } from './harbor-under-test.js';
import { leaveOut } from './left-out.js';
import { useStage } from './stage.js';
import type { Stage } from './stage.js';

const GIB = 1024 ** 3;

interface Setting {
  readonly field: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** The first Harbor that has it. */
  readonly since?: string;
  /** What else in the spec it needs. */
  readonly rewrite?: object;
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
    since: '2.12.0',
    before: { bandwidthLimit: '10Mi' },
    after: { bandwidthLimit: 'unlimited' },
    seen: ['81920', '-1'],
    ...metadata('proxy_speed_kb', '1'),
  },
  {
    field: 'maxUpstreamConnections',
    since: '2.14.1',
    before: { maxUpstreamConnections: 20 },
    after: { maxUpstreamConnections: 30 },
    seen: ['20', '30'],
    ...metadata('max_upstream_conn', '1'),
  },
  {
    field: 'serveCachedWhenDeletedUpstream',
    since: '2.15.1',
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
    field: 'referrers',
    since: '2.16.0',
    before: { referrers: true },
    after: { referrers: false },
    seen: ['true', 'false'],
    ...metadata('proxy_referrer_api', 'true'),
  },
  {
    field: 'filter',
    since: '2.16.0',
    rewrite: { repositories: { include: ['team/**'] } },
    before: { filter: 'None' },
    after: { filter: 'FromRepositories' },
    seen: ['', 'team(/.*)?'],
    read: async ({ harbor }, name) =>
      (await harbor.client.findProject(name))?.metadata.proxy_cache_filter_pattern ?? '',
    // Harbor takes no pattern without its kind.
    edit: async (stage, name) =>
      stage.harbor.client.updateProject(await projectId(stage, name), {
        proxy_cache_filter_pattern: 'elsewhere/.*',
        proxy_cache_filter_kind: 'regex',
      }),
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

for (const { title, version } of harborsToTry) {
  describe(`Every setting of a project in ${title}`, function () {
    this.timeout(120_000);
    const stage = useStage({ version });
    const apply = (field: string, project: object, rewrite: object = {}): Promise<void> =>
      stage().serve(field.toLowerCase(), { project, rewrite: { engine: 'None', ...rewrite } });
    const expectNoMoreWrites = async (name: string): Promise<void> => {
      stage().gate.forget();
      await stage().mirrors.reconcile(name);
      expect(stage().gate.writes).to.deep.equal([]);
    };

    const isLacking = ({ since = '0.0.0' }: Setting): boolean => isOlder(version, since);

    for (const { field, before, after, rewrite, read, seen, edit } of SETTINGS.filter((each) => !isLacking(each))) {
      if (field === 'storageQuota' && isOlder(version, ROBOTS_OF_ROBOTS)) {
        leaveOut('changing a quota', `${title} gives no robot account the right to`);
        continue;
      }
      const repaired = edit === undefined ? '' : 'repaired when somebody edits it, ';
      it(`${field}: written, changed, ${repaired}and then left alone`, async () => {
        const name = stage().name(field.toLowerCase());
        await apply(field, before, rewrite);
        expect(await read(stage(), name)).to.deep.equal(seen[0]);
        await apply(field, after, rewrite);
        await eventually(async () => {
          expect(await read(stage(), name)).to.deep.equal(seen[1]);
        });
        if (edit !== undefined) {
          await edit(stage(), name);
          await stage().mirrors.reconcile(name);
          expect(await read(stage(), name)).to.deep.equal(seen[1]);
        }
        await expectNoMoreWrites(name);
        const supported = await stage().mirrors.condition(name, 'SettingsSupported');
        expect(supported?.status, supported?.message).to.be.oneOf([undefined, 'True']);
      });
    }

    for (const { field, after, rewrite } of SETTINGS.filter(isLacking)) {
      it(`${field}: this Harbor lacks it; the mirror is Ready, says so, and nothing is written again and again`, async () => {
        await apply(field, after, rewrite);
        const name = stage().name(field.toLowerCase());
        const { message } = await stage().mirrors.until(name, 'SettingsSupported', 'False');
        expect(message).to.include(`spec.project.${field}`);
        await expectNoMoreWrites(name);
      });
    }

    it('leaves alone what the mirror doesn’t name', async () => {
      await apply('unnamed', {});
      const id = await projectId(stage(), stage().name('unnamed'));
      await stage().harbor.client.updateProject(id, { auto_scan: 'true', severity: 'low' });
      await stage().mirrors.reconcile(stage().name('unnamed'));
      const project = await stage().harbor.client.findProject(stage().name('unnamed'));
      expect(project?.metadata).to.include({ auto_scan: 'true', severity: 'low' });
    });
  });
}
