import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { loadConfig } from './config/config.js';
import type { Config } from './config/config.js';
import { withToken } from './http/bearer.js';
import { createMetrics } from './http/metrics.js';
import type { Metrics } from './http/metrics.js';
import { probes } from './http/probes.js';
import { serve } from './http/server.js';
import type { HttpServer, Route, TlsOptions } from './http/server.js';
import { createLog } from './log.js';
import type { Log } from './log.js';
import { endOnUncaught } from './controller/log/uncaught.js';
import { RegistryMirrorOperator } from './controller/operator.js';

/** How long a shutdown may take before it is forced: less than the Pod's grace period. */
const SHUTDOWN_MS = 25_000;

async function main(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  endOnUncaught(log);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  // What the library falls back to where there is neither a kubeconfig nor a Pod's service account.
  if (kubeConfig.getCurrentCluster()?.server === 'http://localhost:8080') {
    log.error('There is no cluster to work on: set KUBECONFIG, or run in a Pod with a service account.');
    process.exitCode = 2;
    return;
  }
  const metrics = createMetrics();
  const operator = new RegistryMirrorOperator({ config, kubeConfig, log, metrics });
  const servers: HttpServer[] = [];
  const onError = (path: string, error: unknown): void => {
    log.warn(`${path} could not be served.`, { error });
  };
  try {
    if (config.probeAddress !== undefined)
      servers.push(await serve(config.probeAddress, probes(operator.live, operator.ready), onError));
    if (config.metricsAddress !== undefined) {
      const routes = metricsRoutes(config, metrics);
      servers.push(await serve(config.metricsAddress, routes, onError, metricsTls(config, log)));
    }
  } catch (error) {
    log.error("Probes or metrics can't be served; ending.", { error });
    process.exit(1);
  }

  const end = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    await operator.stopped();
    await Promise.all(servers.map((server) => server.close()));
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info(`${signal}: finishing what is being done.`);
      void end(0);
    });
  }
  void operator.lostLease().then(() => {
    // Another replica works now: whatever this one still did would be done twice.
    log.error('The leader lease is lost; ending.');
    process.exit(1);
  });
  try {
    await operator.start();
  } catch (error) {
    log.error('The operator could not start.', { error });
    await end(1);
  }
}

function metricsRoutes({ metricsTokenFile: file }: Config, { routes }: Metrics): Readonly<Record<string, Route>> {
  if (file === undefined) return routes;
  const guarded = Object.entries(routes).map(([path, route]) => [
    path,
    withToken(route, () => readFileSync(file, 'utf8')),
  ]);
  return Object.fromEntries(guarded) as Readonly<Record<string, Route>>;
}

function metricsTls({ metricsTls: files }: Config, log: Log): TlsOptions | undefined {
  if (files === undefined) return undefined;
  const onProblem = (error: Error): void => {
    log.warn("The certificate for /metrics has changed and can't be used; the one from before is served.", { error });
  };
  return { ...files, onProblem };
}

const loaded = loadConfig({
  argv: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
});
if (loaded.kind === 'exit') {
  (loaded.code === 0 ? process.stdout : process.stderr).write(loaded.text);
  process.exitCode = loaded.code;
} else {
  await main(loaded.config);
}
