import { Informer } from '../../../src/kubernetes/cache/informer.js';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import { ENGINES } from '../../../src/engines/engines.js';
import { MIRRORS } from '../../support/world.js';
import { Meter } from './meter.js';
import { PREFIX } from './run.js';
import type { PhaseResult, Run } from './run.js';

/** A new process, until it has looked at every mirror. */
export async function restart(run: Run): Promise<readonly PhaseResult[]> {
  await run.world.operator.stop();
  const meter = await Meter.beforeStart(run.world);
  await run.world.startOperator();
  await untilLookedAt(run, meter, run.count);
  return [{ phase: 'restart', figures: await meter.end() }];
}

/** One mirror of them all is edited while a new process looks at all of them. */
export async function edit(run: Run): Promise<readonly PhaseResult[]> {
  const { world, fleet, engine, count } = run;
  const name = `${PREFIX}-${Math.floor(count / 2)}`;
  const host = `${name}-edited.example.org`;
  const warn = (error: unknown): void => {
    process.stderr.write(`Watching the policies failed: ${String(error)}\n`);
  };
  const policies = new Informer<KubernetesObject>(
    new KubernetesApi(world.cluster.kubeConfig()),
    ENGINES[engine].resource,
    { onError: warn },
  );
  policies.start();
  await policies.synced();
  await world.operator.stop();
  const meter = await Meter.beforeStart(world);
  await world.startOperator();
  await untilLookedAt(run, meter, 1);
  const before = fleet.get(name)?.spec.upstream;
  const upstream = { hosts: [...(before?.hosts ?? [`${name}.example.org`]), host], description: 'edited' };
  const startedAt = performance.now();
  const since = (): number => (performance.now() - startedAt) / 1000;
  await world.cluster.api.json('PATCH', `${MIRRORS}/${name}`, { spec: { upstream } }, 'application/merge-patch+json');
  const inHarbor = fleet.until('the edit in Harbor', () => {
    if (world.harbor.endpoint(name)?.description.startsWith('edited') !== true) throw new Error('not yet');
  });
  const inPolicy = fleet.until('the edit in a policy', () => {
    if (!policies.list().some((policy) => JSON.stringify(policy.metadata).includes(host))) throw new Error('not yet');
  });
  const inForce = fleet.until('the status to say so', () => {
    if (fleet.get(name)?.status.hosts?.includes(host) !== true) throw new Error('not yet');
  });
  const times = {
    inHarbor: await inHarbor.then(since),
    inPolicy: await inPolicy.then(since),
    inForce: await inForce.then(since),
  };
  await untilLookedAt(run, meter, count);
  const figures = await meter.end();
  await policies.stop();
  return [{ phase: 'edit in resync', figures, times }];
}

async function untilLookedAt({ fleet }: Run, meter: Meter, count: number): Promise<void> {
  await fleet.until(`looks at ${count} mirrors`, async () => {
    const looks = await meter.looksDone();
    if (looks < count) throw new Error(`there were ${looks}`);
  });
}
