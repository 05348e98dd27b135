import type { HarborStandIn } from '../../harbor/index.js';
import { listMirrors } from '../../support/fleet.js';
import type { Stage } from '../stage/stage.js';
import type { Output } from './process.js';

/** All that came out of the operator so far, and notes the passwords that it has made itself. */
export async function outputsOf(stage: Stage): Promise<Output[]> {
  const { cluster } = stage.world;
  for (const [, harbor] of stage.harbors.all()) for (const { secret } of harbor.robots()) stage.passwords.add(secret);
  const mirrors = await listMirrors(stage.world);
  const shown = await cluster.kubectl([
    'get',
    'events.events.k8s.io,clusterpolicies,mutatingpolicies,mutatingadmissionpolicies',
    '-A',
    '-o',
    'yaml',
  ]);
  return [
    { where: 'a mirror', text: JSON.stringify(mirrors) },
    { where: 'an Event or a policy', text: shown.stdout },
    { where: 'a metric', text: await stage.replicas.metrics() },
    ...stage.harbors.all().map(([name, harbor]) => ({ where: `the ${name} Harbor`, text: shownIn(harbor) })),
    ...stage.replicas.outputs().map(([replica, text]) => ({ where: `the log of ${replica}`, text })),
  ];
}

/** What people see in Harbor of what the operator writes. */
function shownIn(harbor: HarborStandIn): string {
  const endpoints = harbor.endpoints().map(({ name, url, description }) => ({ name, url, description }));
  const robots = harbor.robots().map(({ name, description }) => ({ name, description }));
  return JSON.stringify([endpoints, robots, harbor.projects()]);
}
