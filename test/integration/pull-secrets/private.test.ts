import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { imageType, startUpstreamRegistry } from '../../harbor/upstream-registry.js';
import type { UpstreamRegistry } from '../../harbor/upstream-registry.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { loginFor, pullSecrets, pullStatus } from './pulling.js';
import { newPod } from '../../support/new-pod.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const IMAGE = 'open.example.org/app/web:1';
const REWRITTEN = 'harbor.cache.test/open/app/web:1';
const rewrite = { namespaceSelector: { matchLabels: { open: 'yes' } } };
const open = { upstream: { type: 'docker-registry', url: 'https://open.example.org' }, rewrite };
const secluded = { ...open, project: { public: false }, rewrite: { ...rewrite, pullSecret: 'Inject' } };

describe('A public project that is made private in one edit with pullSecret Inject', function () {
  this.timeout(60_000);
  const world = useWorld({ harbor: { unmappedHealthy: true } });
  let upstream: UpstreamRegistry;
  const kubectl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
  };
  const isPrivate = (): boolean => world().harbor.project('open')?.metadata.public === 'false';
  /** Makes a Pod, and pulls its image with what it was given. */
  const pull = async (): Promise<{ readonly image: string; readonly status: number }> => {
    const { image = '', secrets } = await newPod(world(), 'pull-open', IMAGE);
    const there = (await pullSecrets(world())).find(
      ({ metadata }) => metadata.namespace === 'pull-open' && secrets.includes(metadata.name),
    );
    return { image, status: await pullStatus(world(), image, there && loginFor(image, there)) };
  };
  /** Makes one Pod after the other until the project is private. What was made before the project changed may fail afterwards. */
  const failuresUntilPrivate = async (): Promise<readonly unknown[]> => {
    const failed: unknown[] = [];
    await eventually(
      async () => {
        const wasPrivate = isPrivate();
        const pulled = await pull();
        if (pulled.status !== 200 && wasPrivate === isPrivate()) failed.push({ wasPrivate, ...pulled });
        expect(wasPrivate).to.equal(true);
      },
      { timeoutMs: 45_000 },
    );
    return failed;
  };

  before(async () => {
    upstream = await startUpstreamRegistry();
    const digest = upstream.addBlob(Buffer.from('{}'));
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
    const image = { schemaVersion: 2, mediaType: imageType, config, layers: [] };
    upstream.addManifest('app/web', image, imageType, '1');
    world().harbor.mapHost('open.example.org', { url: upstream.url });
    await kubectl('create', 'namespace', 'pull-open');
    await kubectl('label', 'namespace', 'pull-open', 'open=yes');
    await world().apply('open', open);
    await world().untilReady('open');
  });
  after(async () => {
    await kubectl('delete', 'namespace', 'pull-open', '--wait=false');
    await kubectl('delete', '-k', component, '--ignore-not-found');
    await upstream.stop();
  });

  it('stays public while the rights for Secrets are missing, and says so; Pods go on pulling', async () => {
    await world().apply('open', secluded);
    await world().until('open', 'Stalled', 'True', 'PullSecretPermissionMissing');
    const project = await world().condition('open', 'ProjectReady');
    expect(project?.message).to.include('public until the pull Secret for harbor.cache.test/open is in all namespaces');
    expect(isPrivate()).to.equal(false);
    expect(await pull()).to.deep.equal({ image: REWRITTEN, status: 200 });
  });

  it('becomes private once they are there, and no Pod that is made from then on can’t pull', async () => {
    await kubectl('apply', '-k', component);
    expect(await failuresUntilPrivate()).to.deep.equal([]);
    await world().until('open', 'Ready', 'True', 'Succeeded');
    expect(await pullStatus(world(), REWRITTEN)).to.equal(401);
    expect((await pull()).status).to.equal(200);
  });

  it('leaves no Pod without Secret where the rights are there from the beginning', async () => {
    await world().apply('open', { ...open, project: { public: true } });
    await world().until('open', 'Ready', 'True', 'Succeeded');
    expect(isPrivate()).to.equal(false);
    await world().apply('open', secluded);
    expect(await failuresUntilPrivate()).to.deep.equal([]);
    await world().until('open', 'Ready', 'True', 'Succeeded');
  });

  it('leaves no Secret behind when the mirror goes', async () => {
    await world().delete('open');
    expect(await pullSecrets(world())).to.deep.equal([]);
  });
});
