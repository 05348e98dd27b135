import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { startCluster } from '../../cluster/cluster.js';
import type { Api } from '../../cluster/api.js';
import { progressToStderr } from '../../cluster/progress.js';
import { dryRun, images, podOf } from '../../integration/policy/pod.js';
import { apply, inParallel } from '../../integration/policy/policies.js';
import { collectionOf } from '../../integration/policy/served.js';
import { machineOf } from '../scale/machine.js';
import { machineLine } from '../scale/report.js';
import { table } from '../table.js';
import { settlingOptions, USAGE } from './options.js';
import type { SettlingOptions } from './options.js';

const IMAGE = 'registry.test/x/y:1';
/** A Pod is tried again so long after the one before. */
const EVERY_MS = 20;
const TOO_LONG_MS = 30_000;

/** One change: how long after the answer to the write the first Pod was sent that shows it. */
interface Try {
  readonly change: 'create' | 'edit' | 'delete';
  readonly ms: number;
}

interface Place {
  readonly api: Api;
  readonly namespace: string;
}

/** How long the API server goes on by what its own policies were before, without any operator. */
export async function benchSettling(print: (line: string) => void, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    print(USAGE);
    return;
  }
  const options = settlingOptions(args);
  const cluster = await startCluster({ kyverno: false, audit: false, progress: progressToStderr });
  try {
    const machine = await machineOf(cluster);
    const namespace = await cluster.createNamespace();
    const tries = await triesOf({ api: cluster.api, namespace }, options);
    print(`${machineLine(machine)}\n`);
    for (const line of rows(tries)) print(line);
    const { jsonFile } = options;
    if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ machine, args, tries }, undefined, 2)}\n`);
  } finally {
    await cluster.stop();
  }
}

async function triesOf(place: Place, { tries, policies, load }: SettlingOptions): Promise<readonly Try[]> {
  const { api, namespace } = place;
  const stopped = new AbortController();
  const others = Array.from({ length: load }, async () => {
    while (!stopped.signal.aborted) await dryRun(api, namespace, podOf(['other.test/x/y:1']));
  });
  const results: Try[] = [];
  try {
    for (let round = 0; round < tries; round += 1) {
      const [before, after] = [`harbor.test/before-${round}`, `harbor.test/after-${round}`];
      const timed = async (change: Try['change'], expected: string, write: () => Promise<unknown>): Promise<void> => {
        await inParallel(policiesOf('other', policies * 100, `harbor.test/${change}-${round}`), async (policy) =>
          put(api, policy),
        );
        await write();
        results.push({ change, ms: await untilSeen(place, expected) });
        // At another moment of the API server's second each time.
        await pause(Math.random() * 1000);
      };
      const [first, second] = [one(before), one(after)];
      await timed('create', `${before}/x/y:1`, async () => put(api, first));
      await timed('edit', `${after}/x/y:1`, async () => put(api, second));
      await timed('delete', IMAGE, async () => remove(api, second));
    }
  } finally {
    stopped.abort();
    await Promise.all(others);
  }
  return results;
}

async function untilSeen({ api, namespace }: Place, expected: string): Promise<number> {
  const answeredAt = performance.now();
  for (;;) {
    const ms = performance.now() - answeredAt;
    const [image] = images(await dryRun(api, namespace, podOf([IMAGE])));
    if (image === expected) return ms;
    if (ms > TOO_LONG_MS) throw new Error(`The image is still ${image ?? 'nothing'}, and not ${expected}.`);
    await pause(EVERY_MS);
  }
}

function one(pullPrefix: string): RenderedPolicy {
  const [policy] = policiesOf('registry', 1, pullPrefix, 'registry.test');
  if (policy === undefined) throw new Error('One mirror has one policy.');
  return policy;
}

/** @param only - the host; else each mirror has one of its own */
function policiesOf(what: string, count: number, pullPrefix: string, only?: string): readonly RenderedPolicy[] {
  const placed = Array.from({ length: count }, (_, i) => ({
    entry: { mirror: `${what}-${i}`, hosts: [only ?? `${what}-${i}.test`], pullPrefix, include: [], exclude: [] },
    settings: {
      engine: 'MutatingAdmissionPolicy',
      failurePolicy: only === undefined ? 'Ignore' : 'Fail',
      podsWithPullSecrets: 'Skip',
      pullSecret: 'None',
    } as const,
  }));
  return renderPolicies(placed, { excludedNamespaces: ['kube-*'] });
}

async function put(api: Api, { object, binding }: RenderedPolicy): Promise<void> {
  await apply(api, object);
  if (binding !== undefined) await apply(api, binding);
}

/** As the operator does it. */
async function remove(api: Api, { object, binding }: RenderedPolicy): Promise<void> {
  for (const each of [binding, object]) {
    if (each !== undefined) await api.json('DELETE', `${collectionOf(each)}/${each.metadata.name}`);
  }
}

function rows(tries: readonly Try[]): readonly string[] {
  const byChange = Map.groupBy(tries, ({ change }) => change);
  const cells = [...byChange].map(([change, results]) => {
    const sorted = results.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(0);
    return [change, `${sorted.length}`, at(0), at(0.5), at(0.9), at(1)];
  });
  return table(['change', 'times', 'least ms', 'p50', 'p90', 'most'], cells);
}
