import { once } from 'node:events';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { BuildError } from '../cluster/build-error.js';
import type { Registry } from '../cluster/registry.js';
import { lastLines } from '../support/daemons.js';
import { STEPS, tell } from './demo.js';
import type { Stage } from './demo.js';
import { DEMO_ENGINES } from './mirrors.js';
import type { DemoEngine } from './mirrors.js';
import { tellOnKind } from './kind.js';
import { Narrator } from './narrator.js';
import { createServiceAccount } from './pods.js';
import { Setting } from './setting.js';

const command = new Command('demo')
  .description('Shows on this machine, without containers, what the operator does.')
  .option('--kind', 'on a cluster of kind, with Harbor by its own chart; takes Docker, kind, helm and kubectl', false)
  .option('--once', 'end when the story is told, instead of keeping everything up', false)
  .addOption(
    new Option('--engine <engine>', 'what rewrites Pods; MutatingAdmissionPolicy needs no Kyverno')
      .choices(DEMO_ENGINES)
      .default('ClusterPolicy'),
  )
  .parse();
const { once: ends, engine, kind } = command.opts<{ once: boolean; engine: DemoEngine; kind: boolean }>();

const narrator = new Narrator(STEPS);
const setting = new Setting();

/** ctrl-C before the end of the story. */
const INTERRUPTED = Symbol('interrupted');
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => INTERRUPTED);

async function keepUp({ cluster, registry, harbor, kubectl, mirrors }: Stage): Promise<void> {
  await registry.up();
  await kubectl.quiet(['apply', '-f', '-'], { stdin: mirrors.manifest });
  await kubectl.quiet(['wait', 'registrymirrors', '--all', '--for=condition=Ready', '--timeout=60s']);
  await createServiceAccount(cluster, 'default');
  console.log(`
The upstream is up and the mirrors are there again. To play with them, in another terminal:

  export KUBECONFIG=${cluster.kubeconfigPath} HARBOR=${harbor.url} DEMO=${process.pid}
  export PATH=${dirname(cluster.binaries.kubectl)}:$PATH    # kubectl
  kubectl run web --image=nginx
  kubectl get pod web -o jsonpath='{.spec.containers[0].image}{"\\n"}'
  kubectl describe registrymirror dockerhub

More to try: docs/tutorial/demo.md#to-play-with-it
Harbor: ${harbor.url}${harbor.kind === 'stand-in' ? `, user ${harbor.admin.username}, password ${harbor.admin.password}` : ''}
ctrl-C ends everything and removes it.`);
  const timer = setInterval(() => undefined, 60_000);
  const toggle = toggleUpstream(registry);
  process.on('SIGUSR2', toggle);
  await interrupted;
  process.off('SIGUSR2', toggle);
  clearInterval(timer);
}

/** Takes the upstream down at the first call, brings it back at the next one, and so on, one after the other. */
function toggleUpstream(registry: Registry): () => void {
  let isUp = true;
  let done = Promise.resolve();
  return () => {
    isUp = !isUp;
    const change = isUp ? 'up' : 'down';
    done = done.then(async () => {
      await registry[change]();
      console.log(`The upstream is ${change}.`);
    });
  };
}

function explain(error: unknown): string {
  if (error instanceof BuildError) return error.message;
  if (kind) return error instanceof Error ? error.message : String(error);
  const text = error instanceof Error ? messages(error) : String(error);
  const { operatorLog } = setting;
  const log = operatorLog === undefined ? '' : `\n\nThe operator's last lines:\n${lastLines(operatorLog, 10)}`;
  return `The demo failed at ${narrator.current}:\n${text}${log}`;
}

/** What went wrong and why: `fetch failed` alone says nothing. */
function messages({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${messages(cause)}` : message;
}

async function run(): Promise<number> {
  if (kind) {
    const told = await Promise.race([tellOnKind({ engine, ends }), interrupted]);
    return typeof told === 'symbol' ? 130 : 0;
  }
  const startedAt = Date.now();
  const kyverno = engine === 'MutatingAdmissionPolicy' ? '' : ' and a real Kyverno';
  console.log(`registry-mirror-operator, the demo: a real API server${kyverno}, on loopback.`);
  const told = await Promise.race([tell(narrator, setting, engine), interrupted]);
  if (typeof told === 'symbol') return 130;
  console.log(`\nDone in ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`);
  if (!ends) await keepUp(told);
  return 0;
}

let code = 1;
try {
  code = await run();
} catch (error) {
  console.error(`\n${explain(error)}`);
} finally {
  await setting.stop();
}
// A build that was interrupted still runs in this process; what it started ends with it.
process.exit(code);
