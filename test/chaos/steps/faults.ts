import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../../harbor/index.js';
import type { Stage } from '../stage/stage.js';
import type { Cast } from '../story/fleet.js';
import type { ApiServerFault } from '../story/step.js';

const LEASES = '/leases/';
/** Until the API server's other clients have found it again. */
const API_SERVER_GRACE_MS = 15_000;
/** A Pod that was on its way when Kyverno was back. */
const KYVERNO_GRACE_MS = 2_000;

/** What goes wrong around the operator. */
export function harborFails({ world }: Stage, fault: Fault, method: string, times: number): string {
  // Those who edit by hand are not to hang: they are there to change something.
  const { username } = world.harbor.admin;
  world.harbor.inject((call) => call.method === method && call.user !== username, fault, times);
  return 'done';
}

export async function harborGoesAway({ world: { harbor } }: Stage, ms: number): Promise<string> {
  await harbor.down();
  await pause(ms);
  await harbor.up();
  return 'done';
}

/** Strikes the operator's next writes, its lease aside: that one is lost by freezing. */
export function apiServerFails({ proxy }: Stage, how: ApiServerFault, times: number): string {
  let left = times;
  const strikes = ({ path, write }: { readonly path: string; readonly write: number | undefined }): boolean => {
    if (write === undefined || path.includes(LEASES) || left <= 0) return false;
    left -= 1;
    if (left === 0) end();
    return true;
  };
  const hooks = {
    'refuses writes': () =>
      proxy.onRequest((request) =>
        strikes(request) ? { kind: 'Answer', status: 503, headers: { 'retry-after': '1' } } : undefined,
      ),
    'loses answers': () => proxy.afterResponse((request) => (strikes(request) ? 'Reset' : undefined)),
    'is slow': () =>
      proxy.onRequest(async (request) => {
        if (strikes(request)) await pause(1500);
        return undefined;
      }),
  } as const;
  const end = hooks[how]();
  return 'done';
}

export function watchesDrop({ proxy }: Stage): string {
  return `${proxy.dropWatches()} watches`;
}

export async function apiServerRestarts({ world: { cluster }, outages }: Stage, forgets: boolean): Promise<string> {
  const over = outages.begin('API server');
  try {
    await (forgets ? cluster.compact() : cluster.restartApiServer());
  } finally {
    over(API_SERVER_GRACE_MS);
  }
  return 'done';
}

/** After that the upstream asks for the login that it was given last, as before. */
export async function upstreamFails(stage: Stage, cast: Cast, state: 'down' | 'hanging', ms: number): Promise<string> {
  const { harbor } = stage.world;
  harbor.setUpstream(cast.host, state);
  await pause(ms);
  harbor.setUpstream(cast.host, stage.loginOf(cast) ?? 'up');
  return 'done';
}

export async function kyvernoGoesAway({ world: { cluster }, outages }: Stage, ms: number): Promise<string> {
  const over = outages.begin('Kyverno');
  try {
    await cluster.stopKyverno();
    await pause(ms);
    await cluster.startKyverno();
  } finally {
    over(KYVERNO_GRACE_MS);
  }
  return 'done';
}
