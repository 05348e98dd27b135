import { setTimeout as pause } from 'node:timers/promises';
import type { HarborStandIn } from '../../harbor/index.js';
import type { Stage } from '../stage/stage.js';
import type { ApiServerFault, Step } from '../story/step.js';

const LEASES = '/leases/';
/** Until the API server's other clients have found it again. */
const API_SERVER_GRACE_MS = 15_000;
/** A Pod that was on its way when Kyverno was back. */
const KYVERNO_GRACE_MS = 2_000;

/** What goes wrong around the operator. */
type HarborFails = Extract<Step, { readonly kind: 'HarborFails' }>;

export function harborFails({ harbors }: Stage, { harbor: name, fault, method, times }: HarborFails): string {
  const harbor = harbors.get(name);
  // Those who edit by hand are not to hang: they are there to change something.
  const { username } = harbor.admin;
  harbor.inject((call) => call.method === method && call.user !== username, fault, times);
  return 'done';
}

export async function harborGoesAway(harbor: HarborStandIn, ms: number): Promise<string> {
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

/** Whoever changes the password in Harbor takes a while to change the Secret. */
export async function rotateHarborLogin(stage: Stage, password: string, ms: number): Promise<string> {
  stage.passwords.add(password);
  stage.harbors.changePassword(password);
  await pause(ms);
  await stage.harbors.writeLogin();
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
