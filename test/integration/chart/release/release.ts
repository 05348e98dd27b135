import type { Cluster } from '../../../cluster/cluster.js';
import type { HarborStandIn } from '../../../harbor/index.js';
import { CHART, helm, manifestsIn, RELEASE } from '../../../support/chart.js';
import type { Values } from '../../../support/chart.js';
import { startProcess } from '../../../support/operator.js';
import type { OperatorProcess } from '../../../support/operator.js';
import { PULL_HOST } from '../../../support/world.js';
import { operatorPodOf } from '../operator-pod.js';

/** What tests need of every release: short waits, and a definition that is there already. */
const OF_TESTS = [
  'crds.install=false',
  'settings.healthInterval=1s',
  'settings.minInterval=1s',
  'settings.retireAfter=0s',
  'settings.logLevel=debug',
];

interface Login {
  readonly username: string;
  readonly password: string;
}

interface Place {
  readonly cluster: Cluster;
  readonly harbor: HarborStandIn;
}

/**
 * The chart, installed by helm in a namespace of its own. Its operator is a process, since no node runs the Pods of its Deployment: it has the
 * ServiceAccount, the arguments and the environment that its container would have, and nothing else.
 */
export class Release {
  readonly namespace: string;
  readonly #place: Place;
  #operator: OperatorProcess | undefined;

  private constructor(place: Place, namespace: string) {
    this.#place = place;
    this.namespace = namespace;
  }

  /** Makes what there has to be before the chart: a namespace, and in it the Secret with Harbor's login. */
  static async prepare(place: Place): Promise<Release> {
    const release = new Release(place, await place.cluster.createNamespace({}, 'release'));
    await release.addLogin('harbor', 'harbor', place.harbor.admin);
    return release;
  }

  /** Makes a Secret with a login, in the operator's namespace. */
  async addLogin(name: string, isFor: 'harbor' | 'upstream', login: Login): Promise<void> {
    const labels = { 'registrymirror.io/credentials': isFor };
    const secret = { metadata: { name, labels }, stringData: login };
    await this.#place.cluster.api.json('POST', `/api/v1/namespaces/${this.namespace}/secrets`, secret);
  }

  async install(values: Values): Promise<void> {
    await this.#write('install', values);
  }

  async upgrade(values: Values): Promise<void> {
    await this.#write('upgrade', values);
  }

  async start(): Promise<void> {
    const { cluster } = this.#place;
    const objects = manifestsIn(await this.#helm(['get', 'manifest', RELEASE]));
    const { namespace, serviceAccount, args, env } = operatorPodOf(objects);
    const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, serviceAccount);
    this.#operator = await startProcess({ kubeconfig, args, env });
  }

  /** Takes everything away again, also where not all of it came to be. */
  async uninstall(): Promise<void> {
    await this.#operator?.stop();
    await this.#helm(['uninstall', RELEASE, '--ignore-not-found']);
    await this.#place.cluster.api.json('DELETE', `/api/v1/namespaces/${this.namespace}`);
  }

  async #write(command: 'install' | 'upgrade', values: Values): Promise<void> {
    const { url } = this.#place.harbor;
    const settings = [`harbor.url=${url}`, `harbor.pullHost=${PULL_HOST}`, ...OF_TESTS];
    await this.#helm([command, RELEASE, CHART, '--set', settings.join(',')], values);
  }

  async #helm(args: readonly string[], values?: Values): Promise<string> {
    const { cluster } = this.#place;
    const { binaries, folder, kubeconfigPath: kubeconfig } = cluster;
    const options = { program: binaries.helm, folder, namespace: this.namespace, kubeconfig };
    const { code, stdout, stderr } = await helm(options, args, values);
    if (code !== 0) throw new Error(`helm ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }
}
