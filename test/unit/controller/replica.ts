import { Writable } from 'node:stream';
import { loadConfig } from '../../../src/config/config.js';
import type { Config } from '../../../src/config/config.js';
import { startWork } from '../../../src/controller/start.js';
import type { Work } from '../../../src/controller/start.js';
import { OperatorCluster } from '../../../src/controller/watches/cluster.js';
import { createMetrics } from '../../../src/http/metrics.js';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { createLog } from '../../../src/log.js';
import type { HarborStandIn } from '../../harbor/index.js';
import type { StubApiServer } from '../kubernetes/stub-api-server.js';

/** A line of the log. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly mirror?: string;
  readonly reason?: string;
}

/** A replica of the operator on a stub of the API server and a Harbor stand-in: it watches, and works once it leads. */
export class Replica {
  readonly cluster: OperatorCluster;
  readonly lines: Line[] = [];
  readonly #config: Config;
  readonly #api: KubernetesApi;
  readonly #log = createLog(
    'debug',
    new Writable({
      write: (chunk, _encoding, done) => {
        this.lines.push(JSON.parse(String(chunk)) as Line);
        done();
      },
    }),
  );
  #work: Work | undefined;
  #passed = 0;

  private constructor(server: StubApiServer, harbor: HarborStandIn) {
    this.#config = configFor(harbor);
    this.#api = new KubernetesApi(server.kubeConfig());
    const names = { namespace: 'operator', keySecret: 'key', ownSecrets: new Set<string>(), instance: 'test' };
    const now = (): number => performance.now() + this.#passed;
    this.cluster = new OperatorCluster({ api: this.#api, log: this.#log, now, ...names });
  }

  /** One that has read the cluster. */
  static async start(server: StubApiServer, harbor: HarborStandIn): Promise<Replica> {
    const replica = new Replica(server, harbor);
    for (const informer of replica.cluster.informers()) informer.start();
    await replica.cluster.synced();
    return replica;
  }

  /** It has been given the lease. */
  lead(): void {
    const { cluster } = this;
    const options = { cluster, api: this.#api, mayWrite: undefined };
    this.#work = startWork(options, this.#config, 'lab', this.#log, createMetrics());
  }

  async stop(): Promise<void> {
    await this.#work?.stop();
    await Promise.all(this.cluster.informers().map((informer) => informer.stop()));
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.#passed += ms;
  }

  /** What the log says of a mirror, from this level. */
  said(mirror: string, level: 'debug' | 'info' | 'warn'): readonly string[] {
    const lines = this.lines.filter((line) => line.mirror === mirror && line.level === level);
    return lines.map(({ message }) => message);
  }
}

function configFor(harbor: HarborStandIn): Config {
  const { username, password } = harbor.addRobot(`operator-${harbor.robots().length}`);
  const env = {
    HARBOR_URL: harbor.url,
    HARBOR_USERNAME: username,
    HARBOR_PASSWORD: password,
    HARBOR_PULL_HOST: 'harbor.cache.test',
    POD_NAMESPACE: 'operator',
  };
  const loaded = loadConfig({ argv: [], env, readFile: () => 'operator' });
  if (loaded.kind === 'exit') throw new Error(loaded.text);
  return loaded.config;
}
