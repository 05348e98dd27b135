import { expect } from 'chai';
import { findCondition } from '../../../src/api/conditions.js';
import { parseMark } from '../../../src/harbor/mark.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { startCluster } from '../../cluster/cluster.js';
import type { Cluster } from '../../cluster/cluster.js';
import { createAll, createMirrors, listMirrors } from '../../support/fleet.js';
import { installOperator } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS, World } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const SAME = 25;

function reasonOf({ status }: RegistryMirror): string {
  return findCondition(status.conditions, 'Ready')?.reason ?? 'Unknown';
}

describe('Two clusters with one Harbor', function () {
  this.timeout(60_000);
  const first = useBareWorld();
  let cluster: Cluster;
  let second: World;

  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster({ controllerManager: false });
    await installOperator(cluster);
    second = new World(cluster, first().harbor, {});
    // A robot account of its own: the one that a world makes has the same name in both.
    const { username, password } = first().harbor.addRobot('second');
    await second.startOperator({ env: { HARBOR_USERNAME: username, HARBOR_PASSWORD: password } });
  });
  after(async () => {
    await second.killOperator();
    await cluster.stop();
  });

  const same = async (world: World): Promise<readonly RegistryMirror[]> =>
    (await listMirrors(world)).filter(({ metadata }) => metadata.name.startsWith('same-'));
  const losers = async (world: World): Promise<readonly RegistryMirror[]> =>
    (await same(world)).filter((mirror) => reasonOf(mirror) === 'ProjectNotOurs');

  it('each name goes to one of them, and the other is told whose it is', async () => {
    await Promise.all(
      [first(), second].map(async (world, index) => {
        await createAll(world, createMirrors('same', SAME));
        await createAll(world, createMirrors(`own${index}`, SAME));
      }),
    );
    await eventually(
      async () => {
        const all = [...(await listMirrors(first())), ...(await listMirrors(second))];
        expect(all).to.have.length(4 * SAME);
        expect(all.filter((mirror) => reasonOf(mirror) === 'Succeeded')).to.have.length(3 * SAME);
        expect(all.filter((mirror) => reasonOf(mirror) === 'ProjectNotOurs')).to.have.length(SAME);
      },
      { timeoutMs: 40_000 },
    );
    for (const world of [first(), second]) {
      for (const { status } of await losers(world)) {
        const stalled = findCondition(status.conditions, 'Stalled');
        expect(stalled?.message).to.match(/belongs to RegistryMirror same-\d+ of the cluster/);
        expect(stalled?.message).to.include('Use');
      }
    }
  });

  it('Harbor has one project and one endpoint for each name, marked by who is Ready', async () => {
    const { harbor } = first();
    expect(harbor.endpoints()).to.have.length(3 * SAME);
    expect(harbor.projects().filter(({ name }) => name !== 'library')).to.have.length(3 * SAME);
    for (const world of [first(), second]) {
      for (const mirror of await listMirrors(world)) {
        if (reasonOf(mirror) !== 'Succeeded') continue;
        const project = harbor.project(mirror.metadata.name);
        const mark = parseMark(harbor.state.endpoints.get(project?.registryId ?? 0)?.description ?? '').mark;
        expect(mark).to.include({ mirror: mirror.metadata.name, cluster: mirror.status.harbor?.clusterID });
      }
    }
  });

  it('nobody edits what is there, or deletes what is not its own', () => {
    const writes = first().harbor.writes();
    expect(writes.filter(({ method }) => method === 'PUT')).to.deep.equal([]);
    const projects = writes.filter(({ method, status }) => method === 'POST' && status === 201);
    const created = projects.filter(({ route }) => route === '/projects').length;
    const endpoints = projects.filter(({ route }) => route === '/registries').length;
    const deleted = writes.filter(({ method, status }) => method === 'DELETE' && status === 200);
    expect(created).to.equal(3 * SAME);
    // Only what lost the race for its project is taken away again.
    expect(deleted.every(({ route }) => route === '/registries/{id}')).to.equal(true);
    expect(deleted).to.have.length(endpoints - 3 * SAME);
  });

  it('who lost goes on with Use, without a write to Harbor', async () => {
    first().harbor.resetCounts();
    for (const world of [first(), second]) {
      for (const { metadata } of await losers(world)) {
        const path = `${MIRRORS}/${metadata.name}`;
        await world.cluster.api.json(
          'PATCH',
          path,
          { spec: { adoptionPolicy: 'Use' } },
          'application/merge-patch+json',
        );
      }
    }
    await eventually(
      async () => {
        for (const world of [first(), second]) {
          expect((await same(world)).map(reasonOf)).to.deep.equal(Array.from({ length: SAME }, () => 'Succeeded'));
        }
      },
      { timeoutMs: 30_000 },
    );
    expect(first().harbor.writes()).to.deep.equal([]);
  });
});
