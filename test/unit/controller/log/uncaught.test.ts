import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../../support/command.js';
import { StubApiServer } from '../../kubernetes/stub-api-server.js';

const ROOT = join(import.meta.dirname, '../../../..');
const MIRRORS = '/apis/registrymirror.io/v1alpha1/registrymirrors';
/** The operator takes it for granted that a mirror has an upstream: the API server has checked that. */
const IMPOSSIBLE = { metadata: { name: 'impossible' }, spec: { rewrite: {} }, status: { observedGeneration: -1 } };

describe('A bug that nothing catches', function () {
  this.timeout(60_000);
  let server: StubApiServer;
  let folder: string;
  beforeEach(async () => {
    server = await new StubApiServer().start();
    folder = mkdtempSync(join(tmpdir(), 'uncaught-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  it('ends the operator, and is in the log with its stack', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeConfig({ token: 'the-token' }).exportConfig());
    server.objects.create(MIRRORS, IMPOSSIBLE);
    const env = {
      ...process.env,
      KUBECONFIG: kubeconfig,
      POD_NAMESPACE: 'system',
      CLUSTER_ID: 'the-cluster',
      HARBOR_URL: 'http://harbor.example.org',
      HARBOR_CREDENTIALS_SECRET: 'harbor',
      LEADER_ELECT: 'false',
      METRICS_ADDRESS: '',
      PROBE_ADDRESS: '',
    };
    const { code, stderr } = await runCommand(process.execPath, ['--import', 'tsx', 'src/main.ts'], { cwd: ROOT, env });
    expect(code).to.equal(1);
    const lines = stderr.split('\n').filter((line) => line !== '');
    const last = JSON.parse(lines.at(-1) ?? '') as { level: string; message: string; error: Record<string, string> };
    expect(last).to.include({ level: 'error' });
    expect(last.message).to.match(/^A bug of the operator/);
    expect(last.error.name).to.equal('TypeError');
    expect(last.error.stack).to.include('indices.ts');
  });
});
