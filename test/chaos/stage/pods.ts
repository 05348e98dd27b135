import { setTimeout as pause } from 'node:timers/promises';
import { parseReference } from '../../../src/image/reference.js';
import type { Cluster } from '../../cluster/cluster.js';
import { pullSecretName } from '../../../src/engines/pull-secret.js';
import { SHARED_HOST } from '../story/fleet.js';
import type { Cast } from '../story/fleet.js';
import { Random } from '../story/random.js';
import { PULL_HOSTS } from './harbors.js';
import type { OutageKind, Outages } from './outages.js';
import type { Presence, ProjectPresence } from './project-presence.js';

export interface PodOutcome {
  readonly image: string;
  /** The image that it got; undefined where it was refused or nobody answered. */
  readonly result: string | undefined;
  /** The API server's words, where it refused the Pod. */
  readonly refusal: string | undefined;
  /** The names of its pull Secrets. */
  readonly secrets: readonly string[];
}

/** What became of one new Pod. */
export interface PodRecord extends PodOutcome {
  /** What else was away meanwhile. */
  readonly outages: ReadonlySet<OutageKind>;
  /** Of the project that it was sent to, at the best moment between request and answer. */
  readonly project: Presence | undefined;
  /** Whether it was sent to a project that the operator had made private before, without the Secret that it can pull with. */
  readonly isLockedOut: boolean;
  /** When it was asked for, and how long the answer took. */
  readonly at: number;
  readonly tookMs: number;
}

/** An image that no mirror ever has. */
export const UNMIRRORED = 'registry.elsewhere.example.org/team/app:1';
const PATHS = [
  'library/nginx:1.29',
  'library/secret/key:2',
  'team/app:3',
  'team/deep/app',
  'other@sha256:' + 'a'.repeat(64),
];
const PAUSE_MS = 25;

/** Creates new Pods, one after the other, until it is ended, and keeps what became of each. */
export class PodStream {
  readonly records: PodRecord[] = [];
  readonly #over = new AbortController();
  readonly #streams: Promise<unknown>;

  constructor(
    readonly cluster: Cluster,
    readonly namespace: string,
    readonly fleet: readonly Cast[],
    readonly presence: ProjectPresence,
    readonly outages: Outages,
    seed: number,
    streams = 2,
  ) {
    this.#streams = Promise.all(Array.from({ length: streams }, (_, index) => this.#run(new Random(seed + index))));
    // Whoever ends it is told; until then it would end the whole process, with nothing kept.
    this.#streams.catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#streams;
  }

  async #run(random: Random): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.records.push(await this.create(randomImage(random, this.fleet)));
      await pause(PAUSE_MS);
    }
  }

  async create(image: string): Promise<PodRecord> {
    const at = Date.now();
    const before = this.presence.now();
    const { results, refusal, secrets } = await createPod(this.cluster, this.namespace, [{ name: 'c', image }]);
    const answeredAt = Date.now();
    const result = results?.[0];
    const prefix = result === undefined ? undefined : pullPrefixOf(result);
    return {
      image,
      result,
      refusal,
      secrets,
      at,
      tookMs: answeredAt - at,
      outages: this.outages.between(at, answeredAt),
      project: prefix === undefined ? undefined : before.all.has(prefix) ? 'there' : this.presence.of(prefix),
      isLockedOut: prefix !== undefined && before.keptPrivate.has(prefix) && !hasKey(prefix, secrets, this.fleet),
    };
  }
}

/** As many images as one Pod is made of where many are asked for. */
const IMAGES_PER_POD = 40;

/** What becomes of each of the images in a new Pod. */
export async function newPods(
  cluster: Cluster,
  namespace: string,
  images: readonly string[],
): Promise<readonly PodOutcome[]> {
  const outcomes: PodOutcome[] = [];
  for (let at = 0; at < images.length; at += IMAGES_PER_POD) {
    const some = images.slice(at, at + IMAGES_PER_POD);
    const containers = some.map((image, index) => ({ name: `c${String(index)}`, image }));
    const { results, refusal, secrets } = await createPod(cluster, namespace, containers);
    outcomes.push(...some.map((image, index) => ({ image, result: results?.[index], refusal, secrets })));
  }
  return outcomes;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

interface Created {
  readonly results: readonly string[] | undefined;
  readonly refusal: string | undefined;
  readonly secrets: readonly string[];
}

interface CreatedPod {
  readonly spec: {
    readonly containers: readonly Container[];
    readonly imagePullSecrets?: readonly { readonly name: string }[];
  };
}

/** The images that a new Pod gets, or why it is refused. Neither where the API server doesn't answer. */
async function createPod(cluster: Cluster, namespace: string, containers: readonly Container[]): Promise<Created> {
  const pod = { metadata: { generateName: 'chaos-' }, spec: { containers } };
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  try {
    const { status, body } = await cluster.api.send('POST', path, pod);
    if (status !== 201) return { results: undefined, refusal: `${status} ${body.slice(0, 600)}`, secrets: [] };
    const { spec } = JSON.parse(body) as CreatedPod;
    const secrets = (spec.imagePullSecrets ?? []).map(({ name }) => name);
    return { results: spec.containers.map(({ image }) => image), refusal: undefined, secrets };
  } catch (error) {
    // The API server restarts: that Pod was refused by nobody.
    if (error instanceof Error && 'code' in error) return { results: undefined, refusal: undefined, secrets: [] };
    throw error;
  }
}

/** `host/project` of a rewritten image. */
export function pullPrefixOf(image: string): string | undefined {
  const { domain, path } = parseReference(image) ?? {};
  const isRewritten = domain !== undefined && Object.values(PULL_HOSTS).includes(domain);
  return isRewritten ? `${domain}/${path?.split('/')[0] ?? ''}` : undefined;
}

/** Whether one of a Pod's Secrets is for what the Pod pulls from there. */
export function hasKey(pullPrefix: string, secrets: readonly string[], fleet: readonly Cast[]): boolean {
  return fleet.some(({ name }) => secrets.includes(pullSecretName({ mirror: name, pullPrefix })));
}

/** Every image that Pods of a run are made of. */
export function imagesOf(fleet: readonly Cast[]): readonly string[] {
  const hosts = [...fleet.flatMap(({ host }) => [host, `also-${host}`]), SHARED_HOST];
  return [UNMIRRORED, ...hosts.flatMap((host) => PATHS.map((path) => `${host}/${path}`))];
}

function randomImage(random: Random, fleet: readonly Cast[]): string {
  const { host } = random.pick(fleet);
  return random.weighted([
    [1, UNMIRRORED],
    [1, `${SHARED_HOST}/${random.pick(PATHS)}`],
    [2, `also-${host}/${random.pick(PATHS)}`],
    [6, `${host}/${random.pick(PATHS)}`],
  ]);
}
