import { once } from 'node:events';
import { Command, Option } from 'commander';
import { BuildError } from '../build-error.js';
import { startCluster } from '../cluster.js';
import { progressToStderr } from '../progress.js';
import { VERSIONS, wantVersion } from '../versions.js';

const command = new Command('cluster')
  .description('Starts a Kubernetes API server on loopback, without nodes, and keeps it up until ctrl-C.')
  .addOption(new Option('--kubernetes <minor>', 'version of the API server').choices(VERSIONS.kubernetes))
  .addOption(new Option('--kyverno [minor]', 'with Kyverno, of this version').choices(VERSIONS.kyverno))
  .parse();

const { kubernetes, kyverno } = command.opts<{ kubernetes?: string; kyverno?: string | true }>();
wantVersion('kubernetes', kubernetes);
if (kyverno !== true) wantVersion('kyverno', kyverno);

// Listened to from the beginning, so that a ctrl-C during the start is not lost.
const asked = new AbortController();
const interrupted = Promise.race([
  once(process, 'SIGINT', { signal: asked.signal }),
  once(process, 'SIGTERM', { signal: asked.signal }),
]);

try {
  const cluster = await startCluster({
    kyverno: kyverno !== undefined,
    progress: progressToStderr,
  });
  console.log(`The API server is up at ${cluster.server}. Logs are in ${cluster.folder}. To use it:\n`);
  console.log(`export KUBECONFIG=${cluster.kubeconfigPath}\n`);
  console.log('ctrl-C ends it and removes it.');
  // A pending promise alone does not keep the process up.
  const keepUp = setInterval(() => undefined, 60_000);
  await interrupted;
  clearInterval(keepUp);
  await cluster.stop();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  asked.abort();
}
