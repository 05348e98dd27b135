import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../support/command.js';
import type { DemoEngine } from './mirrors.js';
import { Narrator } from './narrator.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLUSTER = 'registry-mirror-demo';
const CONTEXT = `kind-${CLUSTER}`;
const IMAGE = 'registry-mirror-operator';
const TAG = 'demo';
const PROGRAMS = ['docker', 'kind', 'helm', 'kubectl'];
/** Where the node reaches Harbor. containerd speaks http to localhost without being told to. */
const PULL_HOST = 'localhost:30002';
const PASSWORD = 'Harbor12345';
const END = ['kind', 'delete', 'cluster', '--name', CLUSTER];

interface Step {
  readonly title: string;
  readonly commands: readonly Command[];
}

interface Command {
  readonly words: readonly string[];
  /** What the command reads. */
  readonly stdin?: string;
}

interface KindOptions {
  readonly engine: DemoEngine;
  /** Whether the cluster goes when the story is told. */
  readonly ends: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly out?: (line: string) => void;
}

/** Programs that the demo on kind needs and that are not there. */
class ProgramsMissingError extends Error {
  override readonly name = 'ProgramsMissingError';
}

/**
 * The demo with nodes that really pull: a cluster of kind, Harbor by its own chart, the operator by ours. It takes Docker, a network and some minutes.
 */
export async function tellOnKind({ engine, ends, env = process.env, out = console.log }: KindOptions): Promise<void> {
  const missing = PROGRAMS.filter((program) => !isOnPath(program, env.PATH ?? ''));
  if (missing.length > 0)
    throw new ProgramsMissingError(
      `The demo on kind needs ${PROGRAMS.join(', ')} on the PATH. Missing: ${missing.join(', ')}. Without --kind it needs none of them.`,
    );
  const steps = kindSteps(engine);
  const narrator = new Narrator(steps.length, out);
  for (const { title, commands } of steps) {
    narrator.step(title);
    for (const command of commands) await show(narrator, env, command);
  }
  if (ends) await show(narrator, env, { words: END });
  else out(`\nTo play with it: kubectl --context ${CONTEXT} …\nTo end it: ${END.join(' ')}`);
}

/** The whole story as commands. */
function kindSteps(engine: DemoEngine): readonly Step[] {
  const kyverno: Step = {
    title: 'Install Kyverno',
    commands: [chart('kyverno', 'https://kyverno.github.io/kyverno/')],
  };
  const mirror = {
    apiVersion: 'registrymirror.io/v1alpha1',
    kind: 'RegistryMirror',
    metadata: { name: 'dockerhub' },
    spec: { upstream: { type: 'docker-hub' }, rewrite: { engine } },
  };
  return [
    { title: 'Start a cluster', commands: [run('kind', 'create', 'cluster', '--name', CLUSTER, '--wait', '3m')] },
    {
      title: 'Install Harbor, by its own chart',
      commands: [
        chart(
          'harbor',
          'https://helm.goharbor.io',
          'expose.type=nodePort',
          'expose.tls.enabled=false',
          `externalURL=http://${PULL_HOST}`,
          `harborAdminPassword=${PASSWORD}`,
          'trivy.enabled=false',
        ),
      ],
    },
    ...(engine === 'MutatingAdmissionPolicy' ? [] : [kyverno]),
    {
      title: 'Build the operator and install it',
      commands: [
        run('docker', 'build', '--tag', `${IMAGE}:${TAG}`, '.'),
        run('kind', 'load', 'docker-image', `${IMAGE}:${TAG}`, '--name', CLUSTER),
        install(
          'registry-mirror-operator',
          ['charts/registry-mirror-operator', '--namespace', 'registry-mirror-system'],
          'harbor.url=http://harbor.harbor.svc',
          `harbor.pullHost=${PULL_HOST}`,
          'harbor.credentials.username=admin',
          `harbor.credentials.password=${PASSWORD}`,
          `image.repository=${IMAGE}`,
          `image.tag=${TAG}`,
          'image.pullPolicy=Never',
        ),
      ],
    },
    {
      title: 'Apply a RegistryMirror for Docker Hub',
      commands: [
        { ...kubectl('apply', '-f', '-'), stdin: JSON.stringify(mirror) },
        kubectl('wait', 'registrymirror', 'dockerhub', '--for=condition=Ready', '--timeout=2m'),
        kubectl('get', 'registrymirrors'),
      ],
    },
    {
      title: 'Create a Pod: the node pulls its image through Harbor',
      commands: [
        kubectl('run', 'web', '--image=nginx'),
        kubectl('wait', 'pod', 'web', '--for=condition=Ready', '--timeout=5m'),
        kubectl('get', 'pod', 'web', '-o', 'jsonpath={.spec.containers[0].image}'),
      ],
    },
  ];
}

function run(...words: readonly string[]): Command {
  return { words };
}

function kubectl(...words: readonly string[]): Command {
  return run('kubectl', '--context', CONTEXT, ...words);
}

/** A chart of somebody else's, in a namespace of its name. */
function chart(name: string, repository: string, ...values: readonly string[]): Command {
  return install(name, [name, '--repo', repository, '--namespace', name], ...values);
}

function install(release: string, args: readonly string[], ...values: readonly string[]): Command {
  const wait = ['--create-namespace', '--wait', '--timeout', '10m'];
  const set = values.flatMap((value) => ['--set', value]);
  return run('helm', '--kube-context', CONTEXT, 'install', release, ...args, ...wait, ...set);
}

async function show(narrator: Narrator, env: NodeJS.ProcessEnv, { words, stdin }: Command): Promise<void> {
  const [program = '', ...args] = words;
  const line = words.join(' ');
  // Before it runs: some take minutes.
  narrator.gap();
  narrator.say(`$ ${line}`);
  const { code, stdout, stderr } = await runCommand(program, args, {
    cwd: ROOT,
    env,
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (code !== 0)
    throw new Error(`${line} failed at ${narrator.current}:\n${stdout}${stderr}\nTo start over: ${END.join(' ')}`);
  narrator.say(...stdout.trimEnd().split('\n'));
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
