import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.js';
import { OPERATOR_USER } from '../support/operator.js';
import { eventually, WaitTimeoutError } from '../support/wait.js';
import { MIRRORS } from '../support/world.js';
import { readEndState } from './invariants/end-state.js';
import type { EndState } from './invariants/end-state.js';
import { foreignIsUntouched } from './invariants/foreign.js';
import type { Invariant } from './invariants/invariant.js';
import { noLeftRobots } from './invariants/no-left-robots.js';
import { nothingIsLeft } from './invariants/nothing-is-left.js';
import { noOrphans } from './invariants/no-orphans.js';
import { oneOfEach } from './invariants/one-of-each.js';
import { outputsOf } from './invariants/outputs.js';
import { podNames } from './invariants/pod-names.js';
import {
  lockedOut,
  otherThanAtRest,
  refusedWithoutReason,
  sentAstray,
  sentToNoProject,
  sentToWithdrawn,
} from './invariants/pods-of-the-run.js';
import { policiesListThoseThatServe } from './invariants/policies.js';
import { endedForNoReason, memoryExceeded, secretsTold, wroteAfterItsTime } from './invariants/process.js';
import { pullable } from './invariants/pullable.js';
import { readPolicies } from './invariants/seen-policies.js';
import { settled } from './invariants/settled.js';
import { imagesOf, PodStream } from './stage/pods.js';
import { Stage } from './stage/stage.js';
import { act, laneOf } from './steps/act.js';
import { mend } from './steps/mend.js';
import { describeStep } from './story/step.js';
import type { TimedStep } from './story/step.js';
import { writeStory } from './story/story.js';
import type { StoryOptions } from './story/story.js';

export interface ChaosOptions extends StoryOptions {
  readonly print: (line: string) => void;
  /** How long everything may take to heal once nothing fails any more. */
  readonly healMs: number;
  /** Is shown the stage when all is over, before it is taken down. */
  readonly onEnd?: (stage: Stage, pods: PodStream) => Promise<void>;
  /** Is told what the run came to, once all mirrors are gone. */
  readonly onTally?: (tally: Tally) => void;
}

/** What a run consisted of. */
export interface Tally {
  readonly steps: number;
  readonly pods: number;
  /** The most that a replica took. */
  readonly peakMiB: number;
  readonly leasesLost: number;
  readonly replicasThatDidNotStart: number;
  /** Mirrors that left their policies since their upstream was away. */
  readonly withdrawals: number;
}

/** What was found: nothing where all held. */
export interface Breach {
  readonly invariant: string;
  readonly what: string;
}

const END_INVARIANTS: readonly Invariant[] = [
  settled,
  oneOfEach,
  noOrphans,
  noLeftRobots,
  foreignIsUntouched,
  policiesListThoseThatServe,
  podNames,
  pullable,
];
const QUIET_MS = 4_000;

/** Carries a story out and checks everything that must hold. */
export async function runChaos(cluster: Cluster, options: ChaosOptions): Promise<readonly Breach[]> {
  const { fleet, steps } = writeStory(options);
  const { print } = options;
  const stage = await Stage.set(cluster, fleet);
  const { withdrawals } = stage;
  const pods = new PodStream(cluster, stage.namespace, fleet, stage.projects, stage.outages, options.seed);
  try {
    await carryOut(stage, steps, print);
    print('Everything that failed is mended.');
    await mend(stage);
    const healed = await untilHealed(stage, steps, options);
    const { breaches: noisy, from } = await untilQuiet(stage, options.healMs);
    const policies = await readPolicies(stage);
    const rest = { from, to: Date.now() };
    const outputs = await outputsOf(stage);
    // Pods are created all the while: what is deleted here serves them until it is out of the policies.
    const left = await untilAllIsGone(stage, steps, options);
    await pods.end();
    outputs.push(...(await outputsOf(stage)));
    const { peakMiB, ownEnds, failedStarts } = stage.replicas;
    const tally: Tally = {
      steps: steps.length,
      pods: pods.records.length,
      peakMiB,
      leasesLost: ownEnds.length,
      replicasThatDidNotStart: failedStarts.length,
      withdrawals: withdrawals.all.length,
    };
    print(describeTally(tally));
    options.onTally?.(tally);
    return [
      ...healed,
      ...noisy,
      ...left,
      ...named('no Pod is refused but by a Kyverno that is away', refusedWithoutReason(pods.records)),
      ...named('no Pod is sent to a project that is not there', sentToNoProject(pods.records)),
      ...named(
        'no Pod is sent to a cache whose upstream is away',
        sentToWithdrawn(pods.records, withdrawals.all, fleet),
      ),
      ...named('every Pod of the quiet end gets what the policies say', otherThanAtRest(pods.records, rest, policies)),
      ...named('every Pod has what it needs to pull', lockedOut(pods.records)),
      ...named('every Pod got its own image or its mirror’s', sentAstray(pods.records, fleet)),
      ...named('no password is told', secretsTold(outputs, stage.passwords)),
      ...named('nobody writes after the next leader has begun', wroteAfterItsTime(stage.order.writes)),
      ...named('memory is bounded', memoryExceeded(peakMiB)),
      ...named('operators end for a lost lease only', endedForNoReason(ownEnds)),
    ];
  } finally {
    // First, since what ended the run may have ended the Pods, too, and is told by the next line again.
    await options.onEnd?.(stage, pods);
    await pods.end();
    await stage.remove();
  }
}

/** Each lane does its steps one after the other, none before its time. */
async function carryOut(stage: Stage, steps: readonly TimedStep[], print: (line: string) => void): Promise<void> {
  const startedAt = Date.now();
  const lanes = Map.groupBy(steps, ({ step }) => laneOf(step));
  const follow = async (lane: readonly TimedStep[]): Promise<void> => {
    for (const timed of lane) {
      await pause(Math.max(0, startedAt + timed.atMs - Date.now()));
      print(`${describeStep(timed)}: ${await outcomeOf(stage, timed)}`);
    }
  };
  await Promise.all([...lanes.values()].map(follow));
}

/** What one step's fault does to another step is part of the run, and told in its line. */
async function outcomeOf(stage: Stage, { step }: TimedStep): Promise<string> {
  try {
    return await act(stage, step);
  } catch (error) {
    if (error instanceof Error) return `failed: ${error.message.slice(0, 200)}`;
    throw error;
  }
}

const untilHealed = (stage: Stage, steps: readonly TimedStep[], options: ChaosOptions): Promise<readonly Breach[]> =>
  untilAllHold(stage, steps, imagesOf(stage.fleet), END_INVARIANTS, options);

/** Deletes every mirror: what is to go with them goes, and no policy is left. */
async function untilAllIsGone(
  stage: Stage,
  steps: readonly TimedStep[],
  options: ChaosOptions,
): Promise<readonly Breach[]> {
  await stage.world.cluster.api.json('DELETE', MIRRORS);
  return untilAllHold(stage, steps, [], [nothingIsLeft, noOrphans, noLeftRobots, foreignIsUntouched], options);
}

/** Waits until nothing breaks these invariants any more, and returns what does in the end. */
async function untilAllHold(
  stage: Stage,
  steps: readonly TimedStep[],
  images: readonly string[],
  invariants: readonly Invariant[],
  options: ChaosOptions,
): Promise<readonly Breach[]> {
  let last: readonly Breach[] = [];
  try {
    await eventually(
      async () => {
        const end = await readEndState(
          stage,
          steps.map(({ step }) => step),
          images,
        );
        last = invariants.flatMap(({ name, breaches }) => named(name, breaches(end)));
        options.print(`Still to heal: ${last.length}. ${last[0]?.what ?? ''}`);
        if (last.length > 0) throw new Error(`${last.length} breaches`);
      },
      { timeoutMs: options.healMs, intervalMs: 5000, message: 'everything to heal' },
    );
  } catch (error) {
    if (!(error instanceof WaitTimeoutError) || last.length === 0) throw error;
  }
  return last;
}

/** Whether the operator sooner or later has nothing to write any more, and since when. */
async function untilQuiet(
  { world: { cluster }, harbors }: Stage,
  timeoutMs: number,
): Promise<{ readonly breaches: readonly Breach[]; readonly from: number }> {
  let writes: readonly string[] = [];
  let from = Infinity;
  try {
    await eventually(
      async () => {
        for (const [, harbor] of harbors.all()) harbor.resetCounts();
        from = Date.now();
        const mark = await cluster.audit.mark();
        await pause(QUIET_MS);
        const written = await cluster.audit.writes({ user: OPERATOR_USER }, mark);
        // A leader at rest renews its lease.
        const inCluster = written.filter(({ resource }) => resource !== 'leases');
        const calls = harbors.all().flatMap(([name, harbor]) => harbor.writes().map((call) => ({ name, ...call })));
        const inHarbor = calls.map(({ name, method, path }) => `${method} ${path} of the ${name} Harbor`);
        writes = [...inHarbor, ...inCluster.map(({ verb, resource, name }) => `${verb} ${resource} ${name ?? ''}`)];
        if (writes.length > 0) throw new Error(writes.join(', '));
      },
      { timeoutMs, message: 'the operator to be quiet' },
    );
    return { breaches: [], from };
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    return { breaches: named('all is quiet in the end', writes), from: Infinity };
  }
}

function describeTally(tally: Tally): string {
  const { steps, pods, peakMiB, leasesLost, replicasThatDidNotStart, withdrawals } = tally;
  return (
    `${steps} steps, ${pods} Pods, ${peakMiB} MiB at most, ${leasesLost} lost leases, ` +
    `${replicasThatDidNotStart} replicas that did not start, ${withdrawals} withdrawals for an upstream.`
  );
}

function named(invariant: string, breaches: readonly string[]): readonly Breach[] {
  return breaches.map((what) => ({ invariant, what }));
}

export type { EndState };
