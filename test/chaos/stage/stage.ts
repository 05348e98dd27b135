import { fileURLToPath } from 'node:url';
import { ApiProxy } from '../../cluster/api-proxy.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { NAMESPACE, SERVICE_ACCOUNT, startOperator } from '../../support/operator.js';
import type { OperatorProcess } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { createWorld, PULL_HOST } from '../../support/world.js';
import type { World } from '../../support/world.js';
import type { Cast } from '../story/fleet.js';
import { Foreign } from './foreign.js';
import { Harbors } from './harbors.js';
import { Outages } from './outages.js';
import { ProjectPresence } from './project-presence.js';
import { Replicas } from './replicas.js';
import { Withdrawals } from './withdrawals.js';
import { WriteOrder } from './write-order.js';

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/registry-mirror-operator`;
const REPLICAS = 2;
/** The rights that the operator has for pull Secrets. */
const PULL_SECRETS = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));

/** Where a chaos run takes place: a cluster with Kyverno, a Harbor, two replicas of the operator, and what belongs to somebody else. */
export class Stage {
  readonly outages = new Outages();
  readonly withdrawals = new Withdrawals();
  /** Every password of the run: none may show up anywhere. */
  readonly passwords = new Set<string>();
  readonly projects: ProjectPresence;
  readonly foreign: Foreign;
  readonly order: WriteOrder;
  readonly replicas: Replicas;
  readonly #upstreamPasswords = new Map<string, string>();

  private constructor(
    readonly world: World,
    readonly proxy: ApiProxy,
    readonly harbors: Harbors,
    readonly fleet: readonly Cast[],
    /** Where Pods are created. */
    readonly namespace: string,
  ) {
    this.projects = new ProjectPresence(harbors);
    this.order = new WriteOrder(world.harbor);
    this.foreign = new Foreign(world.cluster, harbors);
    this.replicas = new Replicas(async (name) => this.#startReplica(name));
  }

  static async set(cluster: Cluster, fleet: readonly Cast[]): Promise<Stage> {
    const world = await createWorld(cluster, { operator: false });
    const proxy = await ApiProxy.start(cluster);
    const harbors = await Harbors.start(world.harbor, cluster);
    await cluster.kubectl(['apply', '-k', PULL_SECRETS]);
    const stage = new Stage(world, proxy, harbors, fleet, await cluster.createNamespace({}, 'chaos'));
    await stage.foreign.plant(fleet);
    for (const cast of fleet) await stage.setLogin(cast, `pass-word-of-${cast.name}`);
    await stage.replicas.start(REPLICAS);
    await eventually(
      async () => {
        if ((await stage.replicas.leader()) === undefined) throw new Error('nobody leads yet');
      },
      { timeoutMs: 60_000, message: 'a replica to lead' },
    );
    return stage;
  }

  /** What the mirror's upstream asks for; nothing where it is open to all. */
  loginOf({ name }: Cast): { readonly username: string; readonly password: string } | undefined {
    const password = this.#upstreamPasswords.get(name);
    return password === undefined ? undefined : { username: name, password };
  }

  /** Gives a mirror's Secret this password, and lets its upstream ask for it, where the mirror has one. */
  async setLogin(
    cast: Cast,
    password: string,
    parts: readonly ('Secret' | 'upstream')[] = ['Secret', 'upstream'],
  ): Promise<void> {
    const { secret, name } = cast;
    if (secret === undefined) return;
    this.passwords.add(password);
    for (const part of parts) {
      if (part === 'upstream') {
        this.#upstreamPasswords.set(name, password);
        this.setUpstream(cast, { username: name, password });
      } else await this.world.cluster.apply([loginSecret(secret, name, password)]);
    }
  }

  /** How a mirror's upstream answers, to either Harbor. */
  setUpstream({ host }: Cast, state: Parameters<HarborStandIn['setUpstream']>[1]): void {
    for (const [, harbor] of this.harbors.all()) harbor.setUpstream(host, state);
  }

  async remove(): Promise<void> {
    await this.replicas.stop();
    this.projects.end();
    this.order.end();
    const { cluster } = this.world;
    const secrets = this.fleet.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
    await cluster.kubectl(['delete', 'secret', '-n', NAMESPACE, '--ignore-not-found', ...secrets, 'none']);
    await this.foreign.remove();
    await cluster.api.send('DELETE', LEASE);
    await cluster.kubectl(['delete', 'namespace', this.namespace, '--wait=false']);
    await this.harbors.remove();
    await cluster.kubectl(['delete', '-k', PULL_SECRETS, '--ignore-not-found']);
    await this.world.stop();
    await this.proxy.stop();
  }

  async #startReplica(name: string): Promise<OperatorProcess> {
    const { cluster, harbor } = this.world;
    const direct = await cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    const login = harbor.addRobot(name);
    this.passwords.add(login.password);
    return startOperator(cluster, {
      harborUrl: harbor.url,
      pullHost: PULL_HOST,
      login,
      kubeconfig: await this.proxy.kubeconfigFor(direct),
      env: { LEADER_ELECT: 'true', LEASE_DURATION: '6s', REQUEST_TIMEOUT: '3s' },
    });
  }
}

function loginSecret(name: string, username: string, password: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: { name, namespace: NAMESPACE, labels: { 'registrymirror.io/credentials': 'upstream' } },
    stringData: { username, password },
  };
}
