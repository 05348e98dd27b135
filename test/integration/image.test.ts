import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/command.js';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { buildImage, CAN_CONTAIN } from '../support/image.js';
import type { Image } from '../support/image.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../support/operator.js';
import { freePorts } from '../support/ports.js';
import { eventually } from '../support/wait.js';
import { useBareWorld } from './bare-world.js';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Another user than root can't mount file systems here. CI runs this by itself as root (.github/workflows/ci.yaml). */
if (CAN_CONTAIN)
  describe('The image, built by the Dockerfile and run as the Deployment runs it', function () {
    this.timeout(120_000);
    const world = useBareWorld({ operator: false });
    let folder: string;
    let image: Image;
    let daemons: Daemons;
    let operator: Daemon;
    let probes: string;

    const contain = async (...command: readonly string[]): Promise<string> => {
      const { program, args } = image.contain(command);
      const { code, stdout, stderr } = await runCommand(program, args, { env: { ...image.env } });
      return code === 0 ? stdout : stderr;
    };
    const probe = async (path: string): Promise<number> => (await fetch(`${probes}/${path}`)).status;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'registry-mirror-image-'));
      daemons = new Daemons(folder);
      image = await buildImage(folder, [ACCOUNT]);
      const { cluster, harbor } = world();
      const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${SERVICE_ACCOUNT}/token`;
      const { status } = await cluster.api.json<{ status: { token: string } }>('POST', account, { spec: {} });
      // As the kubelet mounts it.
      for (const [name, text] of Object.entries({ token: status.token, 'ca.crt': cluster.ca, namespace: NAMESPACE }))
        writeFileSync(join(image.root, ACCOUNT, name), text);
      const [probePort, metricsPort] = await freePorts(2);
      probes = `http://127.0.0.1:${String(probePort)}`;
      const login = harbor.addRobot('in-a-container');
      operator = daemons.start({
        name: 'the operator in its image',
        ...image.contain(image.entrypoint),
        logPath: join(folder, 'operator.log'),
        env: {
          ...image.env,
          KUBERNETES_SERVICE_HOST: '127.0.0.1',
          KUBERNETES_SERVICE_PORT: new URL(cluster.server).port,
          POD_NAMESPACE: NAMESPACE,
          HARBOR_URL: harbor.url,
          HARBOR_USERNAME: login.username,
          HARBOR_PASSWORD: login.password,
          PROBE_ADDRESS: `127.0.0.1:${String(probePort)}`,
          METRICS_ADDRESS: `127.0.0.1:${String(metricsPort)}`,
        },
      });
    });
    after(async () => {
      await operator.stop();
      rmSync(folder, { recursive: true });
      daemons.release();
    });

    it('answers its probes and makes a mirror, by what a Pod gets from Kubernetes', async () => {
      await eventually(
        async () => {
          operator.check();
          expect([await probe('healthz'), await probe('readyz')]).to.deep.equal([200, 200]);
        },
        { timeoutMs: 20_000 },
      );
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'None' } });
      await world().untilReady('quay');
      expect(world().harbor.project('quay')?.name).to.equal('quay');
    });

    it('runs as nobody, without a right and without a way to get one', () => {
      const status = readFileSync(`/proc/${operator.pid}/status`, 'utf8');
      const of = (name: string): string | undefined => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1];
      const commandLine = readFileSync(`/proc/${operator.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      expect(commandLine).to.deep.equal(image.entrypoint);
      expect([of('Uid'), of('Gid')]).to.deep.equal(['65532\t65532\t65532\t65532', '65532\t65532\t65532\t65532']);
      expect([Number(of('CapEff')), of('NoNewPrivs')]).to.deep.equal([0, '1']);
    });

    it('can write nothing anywhere, and has the command line on its PATH', async () => {
      for (const path of ['/app/main.js', '/x'])
        expect(await contain('node', '-e', `fs.writeFileSync('${path}', '')`)).to.include('EROFS');
      expect(await contain('registry-mirror', '--version')).to.match(/^\d+\.\d+\.\d+\n$/);
    });

    it('ends at SIGTERM by itself, with 0', async () => {
      await operator.stop(20_000);
      expect(operator.exitCode()).to.equal(0);
    });
  });
