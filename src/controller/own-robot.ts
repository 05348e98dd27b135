import type { Config } from '../config/config.js';
import { openClient } from '../harbor/client.js';
import type { RequestOptions } from '../harbor/http/request.js';
import type { Harbors } from '../harbor/session/harbors.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { LogSink } from '../api/log-sink.js';
import { ownLoginStore } from '../robots/own-login.js';
import { OwnRobot } from '../robots/own-robot.js';

interface OwnRobotWiring extends Pick<RequestOptions, 'onResponse' | 'mayWrite'> {
  readonly harbors: Pick<Harbors, 'ownConnection'>;
  readonly api: KubernetesApi;
  /** As it was given: the login is an administrator's. */
  readonly config: Config;
  readonly clusterId: string;
  readonly log: LogSink;
}

/** What makes, keeps and replaces the operator's own robot account, as soon as it is started. */
export function ownRobotFor({ harbors, api, config, clusterId, log, ...listeners }: OwnRobotWiring): OwnRobot {
  const { requestTimeoutMs, proxy, harborLogin, namespace } = config;
  const asAdministrator = { requestTimeoutMs, proxy, ...listeners };
  return new OwnRobot({
    client: () => openClient(harbors.ownConnection(harborLogin), asAdministrator),
    store: ownLoginStore(api, namespace),
    clusterId,
    log,
    now: Date.now,
    monotonic: () => performance.now(),
  });
}
