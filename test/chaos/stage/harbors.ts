import type { Cluster } from '../../cluster/cluster.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { NAMESPACE } from '../../support/operator.js';
import { PULL_HOST } from '../../support/world.js';
import type { LooseSpec } from '../../support/world.js';
import type { HarborName } from '../story/fleet.js';

const SECRET = 'second-harbor';
const ROBOT = 'operator';

/** What nodes pull from. */
export const PULL_HOSTS: Readonly<Record<HarborName, string>> = { first: PULL_HOST, second: 'second.cache.test' };

/** The Harbors of a run: the operator's own, and another one that mirrors name in `spec.harbor`. */
export class Harbors {
  readonly #harbors: Readonly<Record<HarborName, HarborStandIn>>;
  readonly #cluster: Cluster;

  private constructor(harbors: Readonly<Record<HarborName, HarborStandIn>>, cluster: Cluster) {
    this.#harbors = harbors;
    this.#cluster = cluster;
  }

  static async start(first: HarborStandIn, cluster: Cluster): Promise<Harbors> {
    const second = await startHarbor({ unmappedHealthy: true });
    second.addRobot(ROBOT);
    const harbors = new Harbors({ first, second }, cluster);
    await harbors.writeLogin();
    return harbors;
  }

  get(name: HarborName): HarborStandIn {
    return this.#harbors[name];
  }

  all(): readonly (readonly [HarborName, HarborStandIn])[] {
    return [
      ['first', this.#harbors.first],
      ['second', this.#harbors.second],
    ];
  }

  /** The Harbor of this url, as a status has it. */
  at(url: string | undefined): HarborStandIn | undefined {
    return this.all().find(([, harbor]) => harbor.url === url)?.[1];
  }

  /** `spec.harbor` of a mirror that uses this Harbor; null: what a merge patch takes out. */
  specOf(name: HarborName): LooseSpec | null {
    if (name === 'first') return null;
    return { url: this.#harbors.second.url, pullHost: PULL_HOSTS.second, credentialsSecretRef: { name: SECRET } };
  }

  /** The second Harbor's robot gets this password. The Secret that the operator logs in with still has the one before. */
  changePassword(password: string): void {
    this.#robot().secret = password;
  }

  /** The operator is given the login that the second Harbor takes. */
  async writeLogin(): Promise<void> {
    const second = this.#harbors.second;
    const labels = { 'registrymirror.io/credentials': 'harbor' };
    const annotations = { 'registrymirror.io/allowed-hosts': second.url };
    const metadata = { name: SECRET, namespace: NAMESPACE, labels, annotations };
    const stringData = { username: `robot$${ROBOT}`, password: this.#robot().secret };
    await this.#cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
  }

  /** The world stops its own. */
  async remove(): Promise<void> {
    await this.#cluster.kubectl(['delete', 'secret', '-n', NAMESPACE, '--ignore-not-found', SECRET]);
    await this.#harbors.second.stop();
  }

  #robot(): ReturnType<HarborStandIn['robots']>[number] {
    const robot = this.#harbors.second.robots().find(({ name }) => name === ROBOT);
    if (robot === undefined) throw new Error('The second Harbor has no robot for the operator.');
    return robot;
  }
}
