import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';

const COMPONENT = fileURLToPath(new URL('../../../config/components/fallback/', import.meta.url));
const ENGINES = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const;
const MERGE = 'application/merge-patch+json';
const ORIGINAL = 'quay.io/a/b:1';
const CACHED = `${PULL_HOST}/quay/a/b:1`;

interface Pod {
  readonly spec: Readonly<Record<'containers' | 'initContainers', readonly { readonly image: string }[] | undefined>>;
}

describe('A Pod that can’t pull from the cache, with fallback: Upstream', function () {
  this.timeout(120_000);
  const world = useWorld();
  let namespace: string;

  const pods = (): string => `/api/v1/namespaces/${namespace}/pods`;
  const kubectl = async (args: readonly string[], stdin?: string): Promise<string> => {
    const result = await world().cluster.kubectl([...args], stdin === undefined ? {} : { stdin });
    expect(result.code, result.stderr).to.equal(0);
    return result.stdout;
  };
  const manifest = (name: string, more: object = {}): string =>
    stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, ...more },
      spec: { initContainers: [{ name: 'i', image: ORIGINAL }], containers: [{ name: 'c', image: ORIGINAL }] },
    });
  const applyPod = async (name: string, ...flags: readonly string[]): Promise<string> =>
    await kubectl(['apply', ...flags, '-f', '-'], manifest(name));
  const images = async (name: string): Promise<readonly unknown[]> => {
    const { spec } = await world().cluster.api.json<Pod>('GET', `${pods()}/${name}`);
    return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map(({ image }) => image);
  };
  const untilImages = async (name: string, ...expected: readonly string[]): Promise<void> => {
    await eventually(async () => expect(await images(name)).to.deep.equal(expected), { timeoutMs: 60_000 });
  };
  /** What the kubelet says of containers whose image it could not pull. */
  const getStuck = async (name: string, ...containers: readonly ('i' | 'c')[]): Promise<void> => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    const status = (container: 'i' | 'c'): readonly object[] =>
      containers.includes(container)
        ? [{ name: container, image: '', imageID: '', ready: false, restartCount: 0, state: { waiting } }]
        : [];
    const body = { status: { phase: 'Pending', initContainerStatuses: status('i'), containerStatuses: status('c') } };
    await world().cluster.api.json('PATCH', `${pods()}/${name}/status`, body, MERGE);
  };
  const serve = async (rewrite: object): Promise<void> => {
    await world().apply('quay', { upstream: { type: 'quay' }, rewrite });
    await world().untilReady('quay');
    await world().untilImage(ORIGINAL, CACHED);
  };
  /** The operator has been through all that was there before: it takes one Pod after the other, and this one is the last. */
  const untilSeen = async (name: string): Promise<void> => {
    await applyPod(name);
    await getStuck(name, 'i', 'c');
    await untilImages(name, ORIGINAL, ORIGINAL);
  };
  const fallbacks = async (): Promise<number> => {
    const text = await (await fetch(`${world().operator.metricsUrl}/metrics`)).text();
    return Number(/^registry_mirror_fallbacks_total (\d+)$/m.exec(text)?.[1]);
  };

  before(async () => {
    namespace = await world().cluster.createNamespace();
  });
  after(async () => {
    await kubectl(['delete', '-k', COMPONENT, '--ignore-not-found']);
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('stays as it is while the operator lacks the rights, which the mirror says', async () => {
    await serve({ engine: 'MutatingAdmissionPolicy', fallback: 'Upstream' });
    await applyPod('waits');
    await getStuck('waits', 'c');
    const { message } = await world().until('quay', 'FallbackAllowed', 'False', 'FallbackPermissionMissing');
    expect(message).to.include('features.fallback');
    expect(await images('waits')).to.deep.equal([CACHED, CACHED]);
    await kubectl(['apply', '-k', COMPONENT]);
    await untilImages('waits', CACHED, ORIGINAL);
    await eventually(async () => expect(await world().condition('quay', 'FallbackAllowed')).to.equal(undefined));
  });

  for (const engine of ENGINES) {
    it(`gets its original images back, and keeps them when its manifest is applied again: ${engine}`, async () => {
      await serve({ engine, fallback: 'Upstream' });
      const name = `falls-${engine.toLowerCase()}`;
      const before = await fallbacks();
      await applyPod(name);
      expect(await images(name)).to.deep.equal([CACHED, CACHED]);
      await applyPod(name);
      expect(await images(name), 'applied again before').to.deep.equal([CACHED, CACHED]);
      await getStuck(name, 'i', 'c');
      await untilImages(name, ORIGINAL, ORIGINAL);
      for (const flags of [[], ['--server-side', '--force-conflicts']]) {
        await applyPod(name, ...flags);
        expect(await images(name), `applied again ${flags.join(' ')}`).to.deep.equal([ORIGINAL, ORIGINAL]);
      }
      expect(await fallbacks()).to.equal(before + 2);
      const notes = await kubectl(['get', 'events', '-n', 'default', '--field-selector', 'reason=FellBack']);
      expect(notes).to.include(`Pod ${namespace}/${name}, container c: ${CACHED} can't be pulled`);
    });
  }

  it('keeps them when a manifest is applied again that was applied by server-side apply', async () => {
    await applyPod('from-git', '--server-side');
    await getStuck('from-git', 'c');
    await untilImages('from-git', CACHED, ORIGINAL);
    await applyPod('from-git', '--server-side');
    expect(await images('from-git')).to.deep.equal([CACHED, ORIGINAL]);
  });

  it('falls back once: where somebody gives it the image of the cache again, that stays', async () => {
    await applyPod('once');
    await getStuck('once', 'c');
    await untilImages('once', CACHED, ORIGINAL);
    await kubectl(['set', 'image', '-n', namespace, 'pod/once', `c=${CACHED}`]);
    await untilSeen('after-once');
    expect(await images('once')).to.deep.equal([CACHED, CACHED]);
  });

  it('never gets an image that the mirror would not have sent there, whatever the Pod says of itself', async () => {
    const spec = { containers: [{ name: 'c', image: CACHED }] };
    const annotations = { 'registrymirror.io/original-images': '{"c":"evil.example.org/a/b:1"}' };
    const labels = { 'registrymirror.io/mirrored': 'true' };
    const metadata = { name: 'claims', annotations, labels };
    await world().cluster.api.json('POST', pods(), { metadata, spec });
    await getStuck('claims', 'c');
    await untilSeen('after-claims');
    expect(await images('claims')).to.deep.equal([CACHED]);
  });

  it('is left alone where its annotation is in a form that no policy writes, which the admission policy would refuse', async () => {
    const annotations = { 'registrymirror.io/original-images': `{ "c": "${ORIGINAL}" }` };
    const metadata = { name: 'reformatted', annotations, labels: { 'registrymirror.io/mirrored': 'true' } };
    await world().cluster.api.json('POST', pods(), { metadata, spec: { containers: [{ name: 'c', image: CACHED }] } });
    await getStuck('reformatted', 'c');
    await untilSeen('after-reformatted');
    expect(await images('reformatted')).to.deep.equal([CACHED]);
    expect(
      world()
        .operator.log()
        .filter(({ pod }) => pod === `${namespace}/reformatted`),
    ).to.deep.equal([]);
  });

  it('stays stuck with fallback: None, the default', async () => {
    await world().apply('hub', { upstream: { type: 'docker-hub' }, rewrite: { engine: 'MutatingAdmissionPolicy' } });
    await world().untilReady('hub');
    const cached = `${PULL_HOST}/hub/library/nginx`;
    await world().untilImage('nginx', cached);
    const metadata = { name: 'none' };
    await world().cluster.api.json('POST', pods(), { metadata, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
    await getStuck('none', 'c');
    await untilSeen('after-none');
    expect(await images('none')).to.deep.equal([cached]);
  });
});
