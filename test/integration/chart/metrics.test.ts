import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSigned } from '../../harbor/certificate.js';
import { NAMESPACE } from '../../support/operator.js';
import { renderChart } from '../../support/chart.js';
import type { Manifest } from '../../support/chart.js';
import { useWorld } from '../use-world.js';

const TOKEN = 'metrics-token';
const CERTIFICATE = 'metrics-tls';
const { cert, key } = selfSigned(`registry-mirror-operator-metrics.${NAMESPACE}.svc`);
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [TOKEN]: { token: 'who-may-read\n' },
  [CERTIFICATE]: { 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert },
};

describe('Metrics behind a token and a certificate, with the operator as the chart sets it up', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  let folder: string;
  let objects: readonly Manifest[];

  /** Lays the Secrets where the Deployment mounts them, below a folder, as a kubelet does; gives the variables that point there. */
  const mount = (): Readonly<Record<string, string>> => {
    const { volumes, containers } = (find('Deployment') as Deployment).template.spec;
    const [operator] = containers;
    for (const { name, mountPath } of operator.volumeMounts) {
      const secret = volumes.find((volume) => volume.name === name)?.secret.secretName ?? '';
      mkdirSync(join(folder, mountPath), { recursive: true });
      for (const [file, text] of Object.entries(SECRETS[secret] ?? {}))
        writeFileSync(join(folder, mountPath, file), text);
    }
    const ours = operator.env.filter(({ name }) => name.startsWith('METRICS_'));
    return Object.fromEntries(ours.map(({ name, value = '' }) => [name, join(folder, value)]));
  };
  const find = (wanted: string): unknown => objects.find(({ kind }) => kind === wanted)?.spec;
  const monitored = (): Endpoint => (find('ServiceMonitor') as ServiceMonitor).endpoints[0];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-metrics-'));
    const { cluster } = world();
    objects = await renderChart(
      { program: cluster.binaries.helm, folder, namespace: NAMESPACE },
      {
        metrics: { token: { existingSecret: TOKEN }, tls: { existingSecret: CERTIFICATE } },
        serviceMonitor: { enabled: true },
      },
    );
    await world().startOperator({ env: mount() });
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** As Prometheus does with this ServiceMonitor: the name and the CA are from there, the address is a Pod's. */
  const scrape = async (credentials?: string): Promise<readonly [number | undefined, string]> => {
    const endpoint = monitored();
    const { secret } = endpoint.tlsConfig.ca;
    const { port } = new URL(world().operator.metricsUrl);
    expect(endpoint.scheme).to.equal('https');
    return await read({
      port,
      path: endpoint.path ?? '/metrics',
      servername: endpoint.tlsConfig.serverName,
      ca: SECRETS[secret.name]?.[secret.key],
      headers: credentials === undefined ? {} : { Authorization: `Bearer ${credentials}` },
    });
  };

  it('are for who reads them as the ServiceMonitor says', async () => {
    const { name, key: entry } = monitored().authorization.credentials;
    const [status, body] = await scrape(SECRETS[name]?.[entry]?.trim());
    expect(status).to.equal(200);
    expect(body).to.include('registry_mirror_leader 1');
  });

  it('are for nobody else: not without a token, not with another, not with one of the API server, and not over plain http', async () => {
    const account = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/registry-mirror-operator/token`;
    const { status } = await world().cluster.api.json<TokenRequest>('POST', path, account);
    for (const token of [undefined, 'somebody', status.token]) {
      const [code, body] = await scrape(token);
      expect([code, body]).to.deep.equal([401, 'a token is needed\n']);
    }
    const plain = await fetch(`${world().operator.metricsUrl}/metrics`).catch(() => 'no answer');
    expect(plain).to.equal('no answer');
  });

  it('leave the probes as they are, which the kubelet asks without a token', async () => {
    expect((await fetch(`${world().operator.probeUrl}/healthz`)).status).to.equal(200);
  });
});

async function read(options: RequestOptions): Promise<readonly [number | undefined, string]> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.once('error', reject).once('end', () => {
        resolve([response.statusCode, body]);
      });
    });
    sent.once('error', reject).end();
  });
}

interface Deployment {
  readonly template: {
    readonly spec: {
      readonly volumes: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
      readonly containers: readonly [
        {
          readonly env: readonly { readonly name: string; readonly value?: string }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        },
      ];
    };
  };
}

interface SecretKey {
  readonly name: string;
  readonly key: string;
}

interface Endpoint {
  readonly path?: string;
  readonly scheme: string;
  readonly authorization: { readonly credentials: SecretKey };
  readonly tlsConfig: { readonly serverName: string; readonly ca: { readonly secret: SecretKey } };
}

interface ServiceMonitor {
  readonly endpoints: readonly [Endpoint];
}

interface TokenRequest {
  readonly status: { readonly token: string };
}
