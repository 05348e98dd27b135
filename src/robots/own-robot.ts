import { setTimeout as delay } from 'node:timers/promises';
import { LABELS, OPERATOR } from '../api/group.js';
import { createHarborClient } from '../harbor/client.js';
import type { HarborConnection } from '../harbor/http/connection.js';
import type { RequestOptions } from '../harbor/http/request.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { Resource } from '../kubernetes/objects.js';
import type { Log } from '../log.js';
import { keepRobot } from './mint.js';
import type { LoginStore, MintedLogin } from './mint.js';
import type { Read, Secret } from '../credentials/secrets.js';

/** The Secret with the login of the robot that the operator made for itself; RBAC knows this name. */
export const ROBOT_SECRET = 'registry-mirror-operator-robot';
/** The login that mirrors use when the operator makes its own robot. */
export const ROBOT_LOGIN = { kind: 'secret', name: ROBOT_SECRET } as const;

const CHECK_EVERY_MS = 3_600_000;
const RETRY_MS = 10_000;
const EXPIRES = 'expires-at';

export interface OwnRobotOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly clusterId: string;
  /** Logged in as a user who may make robots; asked anew each time. */
  readonly connection: () => Read<HarborConnection>;
  readonly request: RequestOptions;
  readonly log: Log;
}

/** Makes, keeps and replaces the operator's own robot account while it runs. Mirrors wait for its Secret at the first start. */
export class OwnRobot {
  readonly #options: OwnRobotOptions;
  readonly #stopped = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: OwnRobotOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const pause = await this.#once();
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #once(): Promise<number> {
    const { connection, request, clusterId, log } = this.#options;
    const target = connection();
    if (!target.ok) {
      log.warn("The operator can't see to its robot account.", { problem: target.problem });
      return RETRY_MS;
    }
    const robots = createHarborClient(target.value, request);
    try {
      const isNew = await keepRobot({ robots, store: this.#store(), clusterId, now: Date.now });
      if (isNew) log.info('The operator has a new robot account in Harbor.', { secret: ROBOT_SECRET });
      return CHECK_EVERY_MS;
    } catch (error) {
      log.warn("The operator's robot account could not be seen to; trying again.", { error });
      return RETRY_MS;
    } finally {
      robots.close();
    }
  }

  #store(): LoginStore {
    const { api, namespace } = this.#options;
    const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', namespace };
    return {
      read: async () => loginOf(await api.get<Secret>(secrets, ROBOT_SECRET)),
      write: async (login) => {
        const secret = secretOf(login, namespace);
        if ((await api.get(secrets, ROBOT_SECRET)) === undefined) await api.create(secrets, secret);
        else await api.patch(secrets, ROBOT_SECRET, 'merge', secret);
      },
    };
  }
}

function secretOf({ username, password, expiresAt }: MintedLogin, namespace: string): object {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: {
      name: ROBOT_SECRET,
      namespace,
      labels: { [LABELS.credentials]: 'harbor', [LABELS.managedBy]: OPERATOR },
    },
    data: {
      username: encode(username),
      password: encode(password),
      [EXPIRES]: encode(new Date(expiresAt).toISOString()),
    },
  };
}

/** undefined where something is missing in it: then a new robot is made. */
function loginOf(secret: Secret | undefined): MintedLogin | undefined {
  const read = (key: string): string => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
  const [username, password, expiresAt] = [read('username'), read('password'), Date.parse(read(EXPIRES))];
  return username === '' || password === '' || Number.isNaN(expiresAt) ? undefined : { username, password, expiresAt };
}
