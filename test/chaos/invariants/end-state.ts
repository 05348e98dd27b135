import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { ANNOTATIONS } from '../../../src/api/group.js';
import { parseMark } from '../../../src/harbor/mark.js';
import type { Mark } from '../../../src/harbor/mark.js';
import { listMirrors } from '../../support/fleet.js';
import { loginsIn, pullSecrets } from '../../integration/pull-secrets/pulling.js';
import { PULL_HOSTS } from '../stage/harbors.js';
import { isPublic } from '../stage/project-presence.js';
import { newPods } from '../stage/pods.js';
import type { PodOutcome } from '../stage/pods.js';
import type { Stage } from '../stage/stage.js';
import type { Cast, HarborName } from '../story/fleet.js';
import type { Step } from '../story/step.js';
import { readPolicies } from './seen-policies.js';
import type { SeenPolicy } from './seen-policies.js';
import { readRobots } from './seen-robots.js';
import type { SeenRobot } from './seen-robots.js';

export interface SeenEndpoint {
  readonly harbor: HarborName;
  readonly id: number;
  readonly name: string;
  /** The mark of this cluster's operator, where it has one. */
  readonly mark: Mark | undefined;
}

export interface SeenProject {
  readonly harbor: HarborName;
  readonly name: string;
  readonly registryId: number | undefined;
  readonly isPublic: boolean;
}

/** A pull Secret for Pods, with what it opens. */
export interface SeenPullSecret {
  readonly namespace: string;
  readonly mirror: string;
  readonly pullPrefix: string;
  /** Whether a robot account of that Harbor has this very password. */
  readonly works: boolean;
}

/** All there is when a run is over. What must hold is a question to this, without a clock or a network. */
export interface EndState {
  readonly fleet: readonly Cast[];
  readonly steps: readonly Step[];
  readonly mirrors: readonly RegistryMirror[];
  readonly policies: readonly SeenPolicy[];
  readonly endpoints: readonly SeenEndpoint[];
  readonly projects: readonly SeenProject[];
  readonly pullSecrets: readonly SeenPullSecret[];
  readonly robots: readonly SeenRobot[];
  /** Where Pods are created. */
  readonly namespace: string;
  readonly urls: Readonly<Record<HarborName, string>>;
  readonly clusterId: string;
  /** What each image becomes in a Pod that is created now. */
  readonly pods: readonly PodOutcome[];
  readonly foreignChanges: readonly string[];
}

/** The Harbor that a mirror is to be in. */
export function harborOf({ harbor }: RegistryMirror['spec']): HarborName {
  return harbor === undefined ? 'first' : 'second';
}

export async function readEndState(stage: Stage, steps: readonly Step[], images: readonly string[]): Promise<EndState> {
  const { cluster } = stage.world;
  const harbors = stage.harbors.all();
  const { metadata } = await cluster.api.json<{ metadata: { uid: string } }>('GET', '/api/v1/namespaces/kube-system');
  const clusterId = metadata.uid;
  return {
    fleet: stage.fleet,
    steps,
    mirrors: await listMirrors(stage.world),
    policies: await readPolicies(stage),
    endpoints: harbors.flatMap(([harbor, standIn]) =>
      standIn.endpoints().map(({ id, name, description }) => {
        const { mark } = parseMark(description);
        return { harbor, id, name, mark: mark?.cluster === clusterId ? mark : undefined };
      }),
    ),
    projects: harbors.flatMap(([harbor, standIn]) =>
      standIn.projects().map((project) => {
        const { name, registryId } = project;
        return { harbor, name, registryId, isPublic: isPublic(project) };
      }),
    ),
    pullSecrets: await readPullSecrets(stage),
    robots: readRobots(stage, clusterId),
    namespace: stage.namespace,
    urls: { first: stage.harbors.get('first').url, second: stage.harbors.get('second').url },
    clusterId,
    pods: await newPods(cluster, stage.namespace, images),
    foreignChanges: await stage.foreign.changes(),
  };
}

async function readPullSecrets({ world, harbors }: Stage): Promise<readonly SeenPullSecret[]> {
  return (await pullSecrets(world)).flatMap((secret) =>
    Object.entries(loginsIn(secret)).map(([key, { username, password }]) => {
      const pullPrefix = key.replace(/\/$/, '');
      const robots = harbors
        .all()
        .flatMap(([name, harbor]) => (pullPrefix.startsWith(PULL_HOSTS[name]) ? harbor.robots() : []));
      const { namespace, annotations } = secret.metadata;
      return {
        namespace,
        mirror: annotations?.[ANNOTATIONS.mirror] ?? '',
        pullPrefix,
        works: robots.some(
          (robot) => `robot$${robot.name}` === username && robot.secret === password && !robot.disable,
        ),
      };
    }),
  );
}
