import { randomBytes } from 'node:crypto';
import { startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { Login } from '../../harbor/index.js';
import type { Cluster } from '../../cluster/cluster.js';
import { removeAll } from '../../support/fleet.js';
import { Gate } from '../../support/gate.js';
import { Mirrors } from '../../support/mirrors.js';
import type { LooseSpec } from '../../support/mirrors.js';
import { installOperator, NAMESPACE, startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { pull } from '../../support/pull.js';
import type { Pulled } from '../../support/pull.js';
import { eventually } from '../../support/wait.js';
import { bareCluster } from '../bare-world.js';
import { harborVersion, makeOperatorRobot, NOTED_MS, useHarbor } from './harbor-under-test.js';
import type { HarborUnderTest } from './harbor-under-test.js';
import { noteRun } from './left-out.js';
import { takeAway } from './take-away.js';

/** The image that every upstream of the suite has. */
export const IMAGE = 'team/app:1';

interface Parts {
  readonly cluster: Cluster;
  readonly harbor: HarborUnderTest;
  readonly gate: Gate;
  readonly upstream: UpstreamRegistry;
  /** How the names of all that is made in Harbor begin. */
  readonly prefix: string;
}

/**
 * A Harbor that others may be using too, an upstream that it reaches, and an operator whose only way to Harbor is a gate. A mirror's part of the
 * world, `part`, is named `name(part)` in the cluster and in Harbor, and its images' host is `host(part)`.
 */
export class Stage {
  readonly cluster: Cluster;
  readonly harbor: HarborUnderTest;
  readonly gate: Gate;
  readonly upstream: UpstreamRegistry;
  readonly mirrors: Mirrors;
  readonly #prefix: string;
  #operator: OperatorProcess | undefined;
  #robots = 0;

  constructor({ cluster, harbor, gate, upstream, prefix }: Parts) {
    this.cluster = cluster;
    this.harbor = harbor;
    this.gate = gate;
    this.upstream = upstream;
    this.#prefix = prefix;
    this.mirrors = new Mirrors(cluster, () => this.#operator?.log() ?? []);
  }

  get operator(): OperatorProcess {
    if (this.#operator === undefined) throw new Error('The operator is not running.');
    return this.#operator;
  }

  name(part: string): string {
    return `${this.#prefix}-${part}`;
  }

  host(part: string): string {
    return `${this.name(part)}.test`;
  }

  /** A mirror of the suite's upstream, deleted with all that it has. Its Pods are rewritten by the API server itself. */
  spec(part: string, more: Readonly<Record<string, unknown>> = {}): LooseSpec {
    return {
      upstream: { type: 'docker-registry', url: this.upstream.url, hosts: [this.host(part)] },
      rewrite: { engine: 'MutatingAdmissionPolicy' },
      deletionPolicy: 'Delete',
      ...more,
    };
  }

  /** Applies `spec(part, more)` and waits until it is Ready. */
  async serve(part: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.mirrors.apply(this.name(part), this.spec(part, more));
    await this.mirrors.untilReady(this.name(part));
  }

  /** The name of the suite's image in the upstream of a mirror. */
  image(part: string): string {
    return `${this.host(part)}/${IMAGE}`;
  }

  /** The image that a new Pod gets in place of `image(part)`. */
  async imageOfNewPod(part: string, namespace?: string): Promise<string> {
    return this.mirrors.imageOfNewPod(this.image(part), namespace);
  }

  /** Pulls through Harbor what a new Pod with an image of the part's host gets. */
  async pullAsPod(part: string, image = IMAGE): Promise<Pulled> {
    return pull(this.harbor.url, await this.mirrors.imageOfNewPod(`${this.host(part)}/${image}`));
  }

  /** Pulls as a Pod does, and waits until Harbor has noted it. */
  async fillCache(part: string, project = this.name(part)): Promise<void> {
    await this.untilRewritten(part, project);
    await this.pullAsPod(part);
    await eventually(
      async () => {
        const { total } = await this.harbor.client.listRepositories(project, 1);
        if (total === 0) throw new Error('none is listed');
      },
      { timeoutMs: NOTED_MS, intervalMs: 200, message: `${project} to have a cached repository` },
    );
  }

  /** Waits until new Pods of `image(part)` get it from this project. */
  async untilRewritten(part: string, project = this.name(part)): Promise<void> {
    await eventually(
      async () => {
        const image = await this.imageOfNewPod(part);
        if (!image.endsWith(`/${project}/${IMAGE}`)) throw new Error(`it is ${image}`);
      },
      { timeoutMs: 40_000, message: `new Pods of ${this.image(part)} to get it from ${project}` },
    );
  }

  /** With a robot account of its own, unless a login is given. */
  async startOperator(
    options: { readonly login?: Login; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const { harbor, cluster, gate } = this;
    this.#robots += 1;
    const login = options.login ?? (await makeOperatorRobot(harbor, this.name(`operator-${this.#robots}`)));
    this.#operator = await startOperator(cluster, { harborUrl: gate.url, login, env: options.env ?? {} });
  }

  /** A Secret with the login of a robot account of its own, for `spec.harbor` of a mirror. Returns its name. */
  async harborSecret(part: string): Promise<string> {
    const name = this.name(part);
    const stringData = await makeOperatorRobot(this.harbor, name);
    const labels = { 'registrymirror.io/credentials': 'harbor' };
    const annotations = { 'registrymirror.io/allowed-hosts': new URL(this.harbor.url).origin };
    const metadata = { name, namespace: NAMESPACE, labels, annotations };
    await this.cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
    return name;
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  /** Ends it, and takes away what it left in the cluster and in Harbor. */
  async stop(): Promise<void> {
    await this.stopOperator();
    await removeAll(this);
    const policies = 'mutatingadmissionpolicies,mutatingadmissionpolicybindings';
    await this.cluster.kubectl(['delete', policies, '-l', 'registrymirror.io/managed-by']);
    const { metadata } = await this.cluster.api.json<{ metadata: { uid: string } }>(
      'GET',
      '/api/v1/namespaces/kube-system',
    );
    await takeAway(this.harbor.client, this.#prefix, metadata.uid);
    await this.gate.close();
    await this.upstream.stop();
    await this.harbor.stop();
  }
}

async function createStage(version: string): Promise<Stage> {
  const cluster = await bareCluster();
  const harbor = await useHarbor(version);
  const upstream = await startUpstreamRegistry(process.env.HARBOR_TEST_ADDRESS);
  const [repository = '', tag = ''] = IMAGE.split(':');
  const prefix = `rmo-${randomBytes(4).toString('hex')}`;
  upstream.addImage(repository, tag, prefix);
  await installOperator(cluster);
  // No controller makes one here, and no Pod is let in without.
  await cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }]);
  return new Stage({ cluster, harbor, gate: await Gate.to(harbor.url), upstream, prefix });
}

export interface StageOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the operator runs from the start. Default: true. */
  readonly operator?: boolean;
  /** Of the stand-in. Default: `harborVersion`. */
  readonly version?: string;
}

/** A stage for the `describe` that calls this. */
export function useStage({ env = {}, operator = true, version = harborVersion }: StageOptions = {}): () => Stage {
  let stage: Stage | undefined;
  before(async function () {
    this.timeout(40 * 60_000);
    noteRun();
    stage = await createStage(version);
    if (operator) await stage.startOperator({ env });
  });
  after(async function () {
    this.timeout(120_000);
    await stage?.stop();
  });
  return () => {
    if (stage === undefined) throw new Error('The stage is there inside tests and hooks only.');
    return stage;
  };
}
