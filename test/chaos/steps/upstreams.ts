import { setTimeout as pause } from 'node:timers/promises';
import { findCondition } from '../../../src/api/conditions.js';
import { REASONS } from '../../../src/api/reasons.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { eventually, WaitTimeoutError } from '../../support/wait.js';
import type { Stage } from '../stage/stage.js';
import type { Cast } from '../story/fleet.js';
import { askForALook } from './mirrors.js';

/** Too short for Harbor to notice by itself; it is told where it tries to write. */
export async function upstreamFails(stage: Stage, cast: Cast, state: 'down' | 'hanging', ms: number): Promise<string> {
  stage.setUpstream(cast, state);
  await pause(ms);
  comesBack(stage, cast);
  return 'done';
}

/** Harbor notices, as by its look every five minutes, and the mirror is asked to look there: it is to leave the policies, and to come back by itself. */
export async function upstreamStaysAway(stage: Stage, cast: Cast, ms: number): Promise<string> {
  const { name, host } = cast;
  const beganAt = Date.now();
  stage.setUpstream(cast, 'down');
  try {
    for (const [, harbor] of stage.harbors.all()) await harbor.refreshStatus(host);
    await askForALook(stage, name);
    await untilOut(stage, name, ms);
    const outAfterMs = Date.now() - beganAt;
    const over = stage.withdrawals.begin(name);
    await pause(Math.max(0, ms - outAfterMs));
    over();
    return `it was out after ${outAfterMs} ms`;
  } catch (error) {
    if (error instanceof WaitTimeoutError) return 'it was not taken out for that';
    throw error;
  } finally {
    comesBack(stage, cast);
  }
}

/** The upstream asks for the login that it was given last, as before. */
function comesBack(stage: Stage, cast: Cast): void {
  stage.setUpstream(cast, stage.loginOf(cast) ?? 'up');
}

async function untilOut({ world }: Stage, name: string, timeoutMs: number): Promise<void> {
  await eventually(
    async () => {
      if (!isOutForItsUpstream(await world.get(name))) throw new Error('it is not out');
    },
    { timeoutMs, intervalMs: 250, message: `${name} to be out of the policies` },
  );
}

/** Not one that is out since Harbor is down: that one may come back with Harbor, until its upstream is seen to be away for a while. */
export function isOutForItsUpstream({ status }: Pick<RegistryMirror, 'status'>): boolean {
  const policy = findCondition(status.conditions, 'PolicyReady');
  return (
    policy?.reason === REASONS.withdrawn && policy.message.startsWith("Taken out of the policy while Harbor can't pull")
  );
}
