import { eventually } from '../support/wait.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Registry } from '../cluster/registry.js';
import { NAMESPACE as OPERATOR_NAMESPACE, SERVICE_ACCOUNT } from '../support/operator.js';
import type { OperatorProcess } from '../support/operator.js';
import type { DemoHarbor } from './harbor.js';
import { Kubectl } from './kubectl.js';
import { leftInHarbor } from './left-in-harbor.js';
import { demoMirrors, POLICY_RESOURCES, SAMPLES } from './mirrors.js';
import type { DemoEngine, Mirrors } from './mirrors.js';
import type { Narrator } from './narrator.js';
import { createDeploymentPods, createServiceAccount, imagePairs, PODS_FILE, pushImages, workloads } from './pods.js';
import type { ImagePair } from './pods.js';
import { pull } from '../support/pull.js';
import { versions } from './setting.js';
import type { Setting } from './setting.js';

export const STEPS = 9;
const NAMESPACE = 'analysis';

/** What is there when the story has been told, to play with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly harbor: DemoHarbor;
  readonly operator: OperatorProcess;
  readonly kubectl: Kubectl;
  readonly mirrors: Mirrors;
  /** The resource that the policies are, e.g. `mutatingadmissionpolicies`. */
  readonly policies: string;
}

/** The whole story, in order. Each step throws where it doesn't see what it should. */
export async function tell(narrator: Narrator, setting: Setting, engine: DemoEngine): Promise<Stage> {
  const stage = await prepare(narrator, setting, engine);
  await applyMirrors(narrator, stage);
  const pairs = await createPods(narrator, stage);
  const images = [...new Set(pairs.filter(({ before, after }) => before !== after).map(({ after }) => after))];
  await pullThroughHarbor(narrator, stage, images);
  await pullFromCache(narrator, stage, images);
  await deleteMirrors(narrator, stage);
  await createPodsAgain(narrator, stage);
  return stage;
}

async function prepare(narrator: Narrator, setting: Setting, engine: DemoEngine): Promise<Stage> {
  narrator.step('Start a cluster');
  const cluster = await setting.cluster(engine, (line) => {
    narrator.say(line);
  });
  narrator.say(`${await versions(cluster, engine)} There are no nodes: Pods are created and stay pending.`);

  narrator.step('Start a Harbor, and a registry with some images');
  const registry = await setting.registry();
  const count = await pushImages(registry);
  const harbor = await setting.harbor(registry);
  narrator.say(`An upstream registry (distribution v3) at ${registry.host} holds ${count} small images.`);
  narrator.say(
    ...(harbor.kind === 'stand-in'
      ? [
          `A Harbor stand-in is at ${harbor.url}. It finds docker.io, quay.io, registry.k8s.io and`,
          'registry.example.org at that upstream registry: nothing leaves this machine.',
        ]
      : [`Your Harbor is at ${harbor.url}. It will pull from that upstream registry.`]),
  );

  narrator.step('Start the operator');
  const operator = await setting.operator(cluster, harbor);
  narrator.say(
    'CRD, namespace and RBAC are applied from config/. The operator runs as a process of its own,',
    `as ServiceAccount ${OPERATOR_NAMESPACE}/${SERVICE_ACCOUNT} and with no other rights.`,
  );
  const kubectl = new Kubectl(cluster, narrator);
  const real = { upstreamUrl: registry.url, prefix: `demo-${Date.now().toString(36)}` };
  const mirrors = demoMirrors(cluster.ca, engine, harbor.kind === 'real' ? real : undefined);
  if (harbor.kind === 'real') {
    setting.beforeStop(() => kubectl.quiet(['delete', 'registrymirrors', '--all', '--timeout=60s']));
  }
  return { cluster, registry, harbor, operator, kubectl, mirrors, policies: POLICY_RESOURCES[engine] };
}

async function applyMirrors(narrator: Narrator, { kubectl, mirrors, harbor, policies }: Stage): Promise<void> {
  narrator.step('Apply four RegistryMirrors: Docker Hub, a Quay, a plain registry, another Harbor');
  const applied = await kubectl.quiet(['apply', '-f', '-'], { stdin: mirrors.manifest });
  narrator.command(`kubectl apply -f config/samples/{${SAMPLES.join(',')}}.yaml`, applied);
  if (harbor.kind === 'real') narrator.say('(with the upstream registry as their url, and projects of their own)');
  try {
    await kubectl.show('wait registrymirrors --all --for=condition=Ready --timeout=60s');
  } catch (error) {
    narrator.command(
      'kubectl get registrymirrors -o wide',
      await kubectl.quiet(['get', 'registrymirrors', '-o', 'wide']),
    );
    throw error;
  }
  await kubectl.show('get registrymirrors');
  narrator.gap();
  narrator.say(
    'Harbor has an endpoint and a proxy-cache project for each. Mirrors share a policy where their',
    `settings are the same${harbor.kind === 'stand-in' ? '; the plain registry differs (failurePolicy Ignore)' : ''}:`,
  );
  await kubectl.show(`get ${policies}`);
}

async function createPods(narrator: Narrator, { cluster, kubectl }: Stage): Promise<readonly ImagePair[]> {
  narrator.step('Create Pods as an analysis facility has them');
  await kubectl.show(`create namespace ${NAMESPACE}`);
  await createServiceAccount(cluster, NAMESPACE);
  await kubectl.show(`apply -n ${NAMESPACE} -f ${PODS_FILE}`);
  await createDeploymentPods(cluster, NAMESPACE);
  narrator.say('(The demo makes the Pod of the Deployment: its cluster has no controller manager.)');
  const pairs = await imagePairs(cluster, NAMESPACE);
  narrator.gap();
  showImages(narrator, pairs);
  const unchanged = pairs.filter(({ before, after }) => before === after).map(({ workload }) => workload);
  if (unchanged.join() !== 'private') {
    throw new Error(`Only the Pod private should keep its image, but these do: ${unchanged.join(', ') || 'none'}.`);
  }
  narrator.gap();
  narrator.say('A rewritten Pod says what its images were:');
  const path = String.raw`{.metadata.annotations.registrymirror\.io/original-images}`;
  await kubectl.show(`get pod notebook -n ${NAMESPACE} -o jsonpath='${path}'`);
  narrator.gap();
  narrator.say('Only Pods are rewritten. What Git says about the Deployment stays true:');
  await kubectl.show(`get deployment dashboard -n ${NAMESPACE} -o jsonpath={..image}`);
  return pairs;
}

function showImages(narrator: Narrator, pairs: readonly ImagePair[]): void {
  const width = Math.max(...pairs.map(({ workload, container }) => workload.length + container.length + 1));
  for (const { workload, container, before, after } of pairs) {
    narrator.say(`${`${workload}/${container}`.padEnd(width)}     ${before}`);
    narrator.say(
      before === after
        ? `${' '.repeat(width)}  =  left alone: the Pod has a pull secret, which Harbor can't pass on`
        : `${' '.repeat(width)}  -> ${after}`,
    );
  }
}

async function pullThroughHarbor(narrator: Narrator, stage: Stage, images: readonly string[]): Promise<void> {
  narrator.step('Pull these images by their new names: token, manifest, blobs');
  await pullAll(narrator, stage, images);
  // A real Harbor fills its cache some seconds after the pull.
  const projects = [...new Set(images.map((image) => image.split('/')[1] ?? ''))];
  const { client } = stage.harbor;
  await eventually(
    async () => {
      const pages = await Promise.all(projects.map((project) => client.listRepositories(project, 100)));
      const cached = pages.reduce((sum, { total }) => sum + total, 0);
      if (cached < images.length) throw new Error(`${cached} of ${images.length} images are cached.`);
    },
    { timeoutMs: 60_000, intervalMs: 500, message: 'Harbor to keep the images' },
  );
  narrator.say(`Harbor's cache holds ${images.length} images now.`);
}

async function pullFromCache(narrator: Narrator, stage: Stage, images: readonly string[]): Promise<void> {
  narrator.step('Stop the upstream registry and pull again');
  await stage.registry.down();
  narrator.say(`${stage.registry.host} refuses connections now. From the cache:`);
  await pullAll(narrator, stage, images);
}

async function pullAll(narrator: Narrator, { harbor }: Stage, images: readonly string[]): Promise<void> {
  const { protocol } = new URL(harbor.url);
  const width = Math.max(...images.map((image) => image.length));
  for (const image of images) {
    const { digest, blobs, bytes } = await pull(`${protocol}//${image.split('/')[0] ?? ''}`, image);
    narrator.say(`${image.padEnd(width)}  ${digest.slice(0, 19)}…  ${blobs} blobs, ${bytes} bytes`);
  }
}

async function deleteMirrors(narrator: Narrator, { kubectl, harbor, mirrors, policies }: Stage): Promise<void> {
  narrator.step('Delete the mirrors and see what is left');
  if (harbor.kind === 'stand-in') {
    narrator.say('By default Harbor keeps everything. The Quay mirror is to take its cache with it:');
    await kubectl.show(`patch registrymirror quay --type=merge -p '{"spec":{"deletionPolicy":"Delete"}}'`);
  }
  const before = await leftInHarbor(harbor, mirrors.projects);
  await kubectl.show('delete registrymirrors --all --timeout=60s');
  narrator.gap();
  narrator.say('Each policy went before the last of its mirrors:');
  await kubectl.show(`get registrymirrors,${policies}`);
  const after = await leftInHarbor(harbor, mirrors.projects);
  narrator.gap();
  narrator.say(`In Harbor before: ${before.join(', ')}`);
  narrator.say(`In Harbor now:    ${after.join(', ') || 'nothing'}`);
}

async function createPodsAgain(narrator: Narrator, { cluster, kubectl }: Stage): Promise<void> {
  narrator.step('Old Pods stay as they are, new ones pull from upstream');
  const before = await imagePairs(cluster, NAMESPACE);
  const changed = before.filter((pair) => pair.before !== pair.after).length;
  narrator.say(`${changed} images of the Pods from step 5 still have their new names.`);
  const again = `${NAMESPACE}-again`;
  await kubectl.quiet(['create', 'namespace', again]);
  await createServiceAccount(cluster, again);
  await kubectl.quiet(['apply', '-n', again, '-f', PODS_FILE]);
  await createDeploymentPods(cluster, again);
  const after = await imagePairs(cluster, again);
  const rewritten = after.filter((pair) => pair.before !== pair.after).map(({ workload }) => workload);
  if (rewritten.length > 0) throw new Error(`Without a mirror these are still rewritten: ${rewritten.join(', ')}.`);
  narrator.say(`The same ${workloads().length} workloads, created again: every image is as the manifest has it.`);
}
