import { writeFileSync } from 'node:fs';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { startCluster } from '../../cluster/cluster.js';
import { progressToStderr } from '../../cluster/progress.js';
import { harborName, harborVersion } from '../../integration/real-harbor/harbor-under-test.js';
import { createAll, removeAll } from '../../support/fleet.js';
import { Mirrors, MIRRORS } from '../../support/mirrors.js';
import { pull } from '../../support/pull.js';
import { looksDone, scrape } from '../process.js';
import { Fleet } from '../scale/fleet.js';
import { machineOf } from '../scale/machine.js';
import type { Machine } from '../scale/machine.js';
import { machineLine } from '../scale/report.js';
import { measure } from './measure.js';
import type { Measured } from './measure.js';
import { realHarborOptions, USAGE } from './options.js';
import { tablesOf } from './report.js';
import type { RealHarborReport } from './report.js';
import { hostOf, IMAGE, Scene } from './scene.js';

/** How fast mirrors become Ready, and go, in the Harbor of HARBOR_URL: nothing stands in for anything, and nothing is between it and the operator. */
export async function benchRealHarbor(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const { mirrors, engine, jsonFile } = realHarborOptions(args);
  const harbor = { name: harborName, version: harborVersion };
  const runs: RealHarborReport[] = [];
  for (const count of mirrors) {
    const { machine, phases } = await onClusterOfItsOwn(engine, count);
    const report = { engine, mirrors: count, phases };
    runs.push(report);
    print(`${engine}, ${count} mirrors, Harbor ${harborVersion}; ${machineLine(machine)}\n`);
    print(tablesOf(report));
    if (jsonFile === undefined) continue;
    writeFileSync(jsonFile, `${JSON.stringify({ machine, harbor, args, runs }, undefined, 2)}\n`);
  }
}

async function onClusterOfItsOwn(
  engine: PolicyEngine,
  count: number,
): Promise<{ readonly machine: Machine; readonly phases: readonly Measured[] }> {
  const kyverno = engine !== 'MutatingAdmissionPolicy';
  const cluster = await startCluster({ kyverno, controllerManager: false, progress: progressToStderr });
  try {
    const machine = await machineOf(cluster);
    const scene = await Scene.on(cluster);
    const fleet = new Fleet(cluster);
    try {
      await scene.startOperator();
      await tryOne(scene, fleet, engine);
      return { machine, phases: await live(scene, fleet, engine, count) };
    } finally {
      await fleet.stop();
      await scene.stop();
      await removeAll(scene);
    }
  } finally {
    await cluster.stop();
  }
}

/** One for a start, which a Pod pulls through: what is read once, and connections, are not the mirrors'. */
async function tryOne(scene: Scene, fleet: Fleet, engine: PolicyEngine): Promise<void> {
  const [one] = await scene.mirrors('warm', 1, engine);
  if (one === undefined) throw new Error('There is no mirror.');
  const { name } = one.metadata;
  await createAll(scene, [one]);
  await fleet.untilReady(1);
  const image = await new Mirrors(scene.cluster).imageOfNewPod(`${hostOf(name)}/${IMAGE}`);
  const { blobs, bytes } = await pull(scene.harbor.url, image);
  progressToStderr(`a new Pod gets ${image}, of which ${blobs} blobs (${bytes} bytes) were pulled`);
  await scene.cluster.api.json('DELETE', `${MIRRORS}/${name}`);
  await fleet.untilLeft(0);
}

/** All mirrors come at once, meet a new process, and go at once. */
async function live(scene: Scene, fleet: Fleet, engine: PolicyEngine, count: number): Promise<readonly Measured[]> {
  progressToStderr(`${engine}, ${count} mirrors: create`);
  const mirrors = await scene.mirrors('mirror', count, engine);
  const created = await measure(scene, 'create', async () => {
    await createAll(scene, mirrors);
    await fleet.untilReady(count);
  });
  await expectInHarbor(scene, count);
  await scene.operator.stop();
  progressToStderr('restart');
  const restarted = await measure(
    scene,
    'restart',
    async () => {
      await scene.startOperator();
      await fleet.until(`looks at ${count} mirrors`, async () => {
        const looks = looksDone(await scrape(scene.operator.metricsUrl));
        if (looks < count) throw new Error(`there were ${looks}`);
      });
    },
    true,
  );
  progressToStderr('delete');
  const deleted = await measure(scene, 'delete', async () => {
    await scene.cluster.api.json('DELETE', MIRRORS);
    await fleet.untilLeft(0);
  });
  await expectInHarbor(scene, 0);
  return [created, restarted, deleted];
}

/** What the mirrors' status says is true. */
async function expectInHarbor(scene: Scene, count: number): Promise<void> {
  const { projects, endpoints } = await scene.inHarbor();
  if (projects !== count || endpoints !== count) {
    throw new Error(`Harbor has ${projects} projects and ${endpoints} endpoints, and not ${count}.`);
  }
}
