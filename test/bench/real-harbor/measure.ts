import { OPERATOR_USER } from '../../support/operator.js';
import { cpuSeconds, residentMiB, scrape } from '../process.js';
import { callsBetween } from './calls.js';
import type { HarborCalls } from './calls.js';
import type { Scene } from './scene.js';

/** What one phase took. */
export interface Measured {
  readonly phase: string;
  readonly seconds: number;
  /** Of the operator. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly apiWrites: number;
  readonly policyWrites: number;
  readonly calls: readonly HarborCalls[];
}

/** Measures what is done while the operator runs; with `isNewProcess`, from the start of an operator that isn't running yet. */
export async function measure(
  scene: Scene,
  phase: string,
  act: () => Promise<void>,
  isNewProcess = false,
): Promise<Measured> {
  const { cluster } = scene;
  const before = isNewProcess ? undefined : await scrape(scene.operator.metricsUrl);
  const cpuBefore = isNewProcess ? 0 : cpuSeconds(scene.operator.daemon.pid);
  const mark = await cluster.audit.mark();
  const startedAt = performance.now();
  await act();
  const seconds = (performance.now() - startedAt) / 1000;
  const { pid } = scene.operator.daemon;
  const writes = await cluster.audit.writes({ user: OPERATOR_USER }, mark);
  return {
    phase,
    seconds,
    cpuSeconds: cpuSeconds(pid) - cpuBefore,
    peakMiB: residentMiB(pid).peak,
    apiWrites: writes.length,
    policyWrites: writes.filter(({ resource }) => resource.endsWith('policies')).length,
    calls: callsBetween(before, await scrape(scene.operator.metricsUrl)),
  };
}
