import { GROUP } from '../../src/api/group.js';
import { startCluster } from '../cluster/cluster.js';
import type { Cluster } from '../cluster/cluster.js';
import type { DemoEngine } from './mirrors.js';
import { readPins } from '../cluster/pins.js';
import { pinnedVersion } from '../cluster/programs.js';
import type { Progress } from '../cluster/progress.js';
import { startRegistry } from '../cluster/registry.js';
import type { Registry } from '../cluster/registry.js';
import { installFromConfig, NAMESPACE, startOperator } from '../support/operator.js';
import type { OperatorProcess } from '../support/operator.js';
import { startDemoHarbor } from './harbor.js';
import type { DemoHarbor } from './harbor.js';

/** What has been started, to be stopped in the reverse order. */
export class Setting {
  readonly #stops: (() => Promise<unknown>)[] = [];
  #operatorLog: string | undefined;

  /** Where the operator writes its log; undefined before it is started. */
  get operatorLog(): string | undefined {
    return this.#operatorLog;
  }

  /** Starts something and remembers how to stop it. */
  async #keep<T extends { stop(): Promise<unknown> }>(start: Promise<T>): Promise<T> {
    const started = await start;
    this.#stops.push(() => started.stop());
    return started;
  }

  /** Has something done before what is there by now is stopped. */
  beforeStop(work: () => Promise<unknown>): void {
    this.#stops.push(work);
  }

  /** With no more than the story needs: each program is built at the first time. */
  async cluster(engine: DemoEngine, progress: Progress): Promise<Cluster> {
    const kyverno = engine !== 'MutatingAdmissionPolicy';
    return this.#keep(startCluster({ kyverno, controllerManager: false, extraPrograms: ['registry'], progress }));
  }

  async registry(): Promise<Registry> {
    return this.#keep(startRegistry());
  }

  async harbor(upstream: Registry): Promise<DemoHarbor> {
    return this.#keep(startDemoHarbor(upstream));
  }

  /** The operator, under its own ServiceAccount, with the rights and the settings that config/ gives it. */
  async operator(cluster: Cluster, harbor: DemoHarbor): Promise<OperatorProcess> {
    await installFromConfig(cluster);
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/basic-auth',
        metadata: { name: 'harbor', namespace: NAMESPACE, labels: { [`${GROUP}/credentials`]: 'harbor' } },
        stringData: harbor.login,
      },
    ]);
    const env = {
      HARBOR_USERNAME: '',
      HARBOR_PASSWORD: '',
      HARBOR_CREDENTIALS_SECRET: 'harbor',
      LEADER_ELECT: 'true',
      LOG_LEVEL: 'info',
    };
    const operator = await this.#keep(startOperator(cluster, { harborUrl: harbor.url, login: harbor.login, env }));
    this.#operatorLog = operator.daemon.logPath;
    return operator;
  }

  /** Stops everything; what fails to stop keeps nothing else from it, and is thrown in the end. */
  async stop(): Promise<void> {
    const problems: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw new AggregateError(problems, 'Not everything could be stopped in order.');
  }
}

/** `Kubernetes v1.36.3 and Kyverno v1.19.1 are up.` */
export async function versions(cluster: Cluster, engine: DemoEngine): Promise<string> {
  const { gitVersion } = await cluster.api.json<{ gitVersion: string }>('GET', '/version');
  if (engine === 'MutatingAdmissionPolicy') return `Kubernetes ${gitVersion} is up, without Kyverno.`;
  const { goMod } = await readPins('kyverno');
  return `Kubernetes ${gitVersion} and Kyverno ${pinnedVersion(goMod, 'github.com/kyverno/kyverno')} are up.`;
}
