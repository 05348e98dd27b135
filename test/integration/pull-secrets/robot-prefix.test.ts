import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { imageType, startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { loginFor, pullSecrets, pullStatus } from './pulling.js';
import { newPod } from '../../support/new-pod.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const IMAGE = 'named.example.org/app/web:1';
const REWRITTEN = 'harbor.cache.test/named/app/web:1';
const spec = {
  upstream: { type: 'docker-registry', url: 'https://named.example.org' },
  project: { public: false },
  rewrite: { pullSecret: 'Inject', namespaceSelector: { matchLabels: { named: 'yes' } } },
};

describe('Harbor’s prefix for robots, changed', function () {
  this.timeout(60_000);
  const world = useWorld({ operator: false });
  let upstream: UpstreamRegistry;
  const kubectl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
  };
  const rename = async (prefix: string): Promise<void> => {
    await world().asAdmin('PUT', '/configurations', { robot_name_prefix: prefix });
  };
  /** The login that a new Pod is given. */
  const loginOfPod = async (): Promise<ReturnType<typeof loginFor>> => {
    const { image, secrets } = await newPod(world(), 'pull-named', IMAGE);
    expect(image).to.equal(REWRITTEN);
    const there = (await pullSecrets(world())).find(
      ({ metadata }) => metadata.namespace === 'pull-named' && secrets.includes(metadata.name),
    );
    return there && loginFor(REWRITTEN, there);
  };

  before(async () => {
    upstream = await startUpstreamRegistry();
    const digest = upstream.addBlob(Buffer.from('{}'));
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
    upstream.addManifest('app/web', { schemaVersion: 2, mediaType: imageType, config, layers: [] }, imageType, '1');
    world().harbor.mapHost('named.example.org', { url: upstream.url });
    await kubectl('apply', '-k', component);
    await kubectl('create', 'namespace', 'pull-named');
    await kubectl('label', 'namespace', 'pull-named', 'named=yes');
    // A user, whose own name has no prefix: only what Pods log in with changes.
    const { username, password } = world().harbor.admin;
    await world().startOperator({ env: { HARBOR_USERNAME: username, HARBOR_PASSWORD: password } });
    await world().apply('named', spec);
    await world().untilReady('named');
  });
  after(async () => {
    await kubectl('delete', 'namespace', 'pull-named', '--wait=false');
    await kubectl('delete', '-k', component, '--ignore-not-found');
    await upstream.stop();
  });

  for (const prefix of ['bot-', 'robot$']) {
    it(`to ${prefix}: the Secrets get the new name and keep the password`, async () => {
      const before = await loginOfPod();
      expect(await pullStatus(world(), REWRITTEN, before)).to.equal(200);
      await rename(prefix);
      expect(await pullStatus(world(), REWRITTEN, before)).to.equal(401);
      await world().reconcile('named');
      await eventually(async () => {
        const login = await loginOfPod();
        expect(login?.username.startsWith(prefix)).to.equal(true);
        expect(login?.password).to.equal(before?.password);
        expect(await pullStatus(world(), REWRITTEN, login)).to.equal(200);
      });
      expect(
        world()
          .harbor.robots()
          .filter(({ level }) => level === 'project'),
      ).to.have.length(1);
    });
  }

  it('leaves no Secret behind when the mirror goes', async () => {
    await world().delete('named');
    expect(await pullSecrets(world())).to.deep.equal([]);
  });
});
