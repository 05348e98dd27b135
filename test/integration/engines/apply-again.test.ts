import { expect } from 'chai';
import { ANNOTATIONS, LABELS } from '../../../src/api/group.js';
import { images, podOf, putEphemeral, type Pod } from '../policy/pod.js';
import { useWorld } from '../use-world.js';

const ENGINES = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const;
const UPSTREAM = 'quay.io/a/b:1';
const CACHED = 'harbor.cache.test/quay/a/b:1';
const ORIGINAL = [UPSTREAM, 'a.test/other:1', 'quay.io/a/init:1', 'quay.io/a/data:1'];
const REWRITTEN = [CACHED, 'a.test/other:1', 'harbor.cache.test/quay/a/init:1', 'harbor.cache.test/quay/a/data:1'];

const APPLY = 'application/apply-patch+yaml';
const STRATEGIC_MERGE = 'application/strategic-merge-patch+json';

interface StoredPod extends Pod {
  readonly metadata: Pod['metadata'] & { readonly resourceVersion: string };
}

describe('A manifest that is applied to its Pod again', function () {
  this.timeout(180_000);
  const world = useWorld();
  let namespace: string;
  let count = 0;

  before(async () => {
    namespace = await world().cluster.createNamespace();
  });
  after(async () => {
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  const newName = (): string => `pod-${String(count++)}`;
  const path = (name: string): string => `/api/v1/namespaces/${namespace}/pods/${name}`;
  const get = async (name: string): Promise<StoredPod> => world().cluster.api.json('GET', path(name));

  /** A bare Pod as it stands in Git: images in containers, an init container and a volume. */
  function manifest(name: string, image = UPSTREAM, labels: Readonly<Record<string, string>> = {}): object {
    const [, other = '', init = '', data = ''] = ORIGINAL;
    const pod = podOf([image, other], {
      initContainers: [{ name: 'init', image: init }],
      // Of the same name as a container, which is another entry.
      volumes: [{ name: 'c0', image: { reference: data } }],
    });
    return { apiVersion: 'v1', kind: 'Pod', ...pod, metadata: { name, namespace, labels } };
  }

  async function patch(name: string, body: object, query: string, type: string): Promise<StoredPod> {
    return world().cluster.api.json('PATCH', `${path(name)}?${query}`, body, type);
  }

  /** As Flux does it: a forced dry run, and the real one where that shows a drift. */
  async function reconcile(name: string, body: object): Promise<{ readonly drifts: boolean; readonly pod: StoredPod }> {
    const query = 'fieldManager=kustomize-controller&force=true';
    const existing = await world().cluster.api.send('GET', path(name));
    const dry = await patch(name, body, `${query}&dryRun=All`, APPLY);
    const drifts =
      existing.status !== 200 ||
      JSON.stringify(content(JSON.parse(existing.body) as Pod)) !== JSON.stringify(content(dry));
    return { drifts, pod: drifts ? await patch(name, body, query, APPLY) : await get(name) };
  }

  async function kubectl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await world().cluster.kubectl([...args, '-n', namespace]);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  /** Creates the Pod of a manifest and checks that it is rewritten. */
  async function created(name: string, ...args: readonly string[]): Promise<StoredPod> {
    await world().cluster.apply([manifest(name)], args);
    const pod = await get(name);
    expect(images(pod)).to.deep.equal(REWRITTEN);
    return pod;
  }

  for (const engine of ENGINES) {
    describe(`by ${engine}`, () => {
      before(async () => {
        await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine } });
        await world().untilReady('quay');
        await world().untilImage(UPSTREAM, CACHED);
      });
      after(async () => {
        await world().delete('quay');
        await world().untilImage(UPSTREAM, UPSTREAM);
      });

      it('leaves the Pod exactly as it is, by kubectl apply on either side and as a dry run', async () => {
        for (const side of [[], ['--server-side'], ['--server-side', '--force-conflicts']]) {
          const name = newName();
          const first = await created(name, ...side);
          const dry = await world().cluster.apply([manifest(name)], [...side, '--dry-run=server', '-o', 'json']);
          expect(content(JSON.parse(dry) as Pod), side.join(' ')).to.deep.equal(content(first));
          await world().cluster.apply([manifest(name)], side);
          expect(await get(name), side.join(' ')).to.deep.equal(first);
        }
      });

      it('changes from client-side to server-side apply without touching the images', async () => {
        const name = newName();
        await created(name);
        await world().cluster.apply([manifest(name)], ['--server-side', '--force-conflicts']);
        expect(images(await get(name))).to.deep.equal(REWRITTEN);
        await world().cluster.apply([manifest(name)], ['--server-side']);
        expect(images(await get(name))).to.deep.equal(REWRITTEN);
      });

      it('takes over what else has changed in it, and the notes stay', async () => {
        const name = newName();
        const first = await created(name);
        await world().cluster.apply([manifest(name, UPSTREAM, { release: '2' })]);
        const second = await get(name);
        expect(second.spec).to.deep.equal(first.spec);
        expect(second.metadata.labels).to.deep.equal({ release: '2', [LABELS.mirrored]: 'true' });
        const notes = (pod: Pod): unknown =>
          JSON.parse(pod.metadata.annotations?.[ANNOTATIONS.originalImages] ?? '') as unknown;
        expect(notes(second)).to.deep.equal({ c0: UPSTREAM, init: ORIGINAL[2], 'volumes/c0': ORIGINAL[3] });
      });

      it('shows no drift to Flux, and a forced apply for real writes nothing', async () => {
        const name = newName();
        expect((await reconcile(name, manifest(name))).drifts).to.equal(true);
        const { drifts, pod } = await reconcile(name, manifest(name));
        expect(drifts).to.equal(false);
        expect(images(pod)).to.deep.equal(REWRITTEN);
        const forced = await patch(name, manifest(name), 'fieldManager=kustomize-controller&force=true', APPLY);
        expect(forced).to.deep.equal(pod);

        const labelled = manifest(name, UPSTREAM, { release: '2' });
        const changed = await reconcile(name, labelled);
        expect(changed.drifts).to.equal(true);
        expect(images(changed.pod)).to.deep.equal(REWRITTEN);
        expect((await reconcile(name, labelled)).drifts).to.equal(false);
      });

      it("leaves a Deployment as Git says, twice, and only its Pods' images are others", async () => {
        const labels = { app: newName() };
        const template = { metadata: { labels }, spec: podOf([UPSTREAM]).spec };
        const metadata = { name: labels.app, namespace };
        const spec = { replicas: 0, selector: { matchLabels: labels }, template };
        const route = `/apis/apps/v1/namespaces/${namespace}/deployments/${labels.app}?fieldManager=kustomize-controller&force=true`;
        const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
        const apply = async (query = ''): Promise<{ readonly spec: { readonly template: Pod } }> =>
          world().cluster.api.json('PATCH', route + query, body, APPLY);
        const first = await apply();
        expect(images(first.spec.template)).to.deep.equal([UPSTREAM]);
        expect((await apply('&dryRun=All')).spec).to.deep.equal(first.spec);
      });

      it('is known by its field manager where the tool makes the patch itself', async () => {
        const body = { spec: { containers: [{ name: 'c0', image: UPSTREAM }] } };
        for (const manager of ['helm', 'helm-controller', 'argocd-controller']) {
          const name = newName();
          const first = await created(name);
          const second = await patch(name, body, `fieldManager=${manager}`, STRATEGIC_MERGE);
          expect(second.spec, manager).to.deep.equal(first.spec);
        }
      });

      it('changes an image to what it says now, and leaves the others', async () => {
        const name = newName();
        await created(name);
        const newer = manifest(name, 'quay.io/a/b:2');
        for (let i = 0; i < 2; i++) {
          await world().cluster.apply([newer]);
          expect(images(await get(name))).to.deep.equal(['quay.io/a/b:2', ...REWRITTEN.slice(1)]);
        }
      });

      it('undoes what somebody else made of an image by hand', async () => {
        const name = newName();
        await created(name);
        await kubectl('set', 'image', `pod/${name}`, 'c0=ghcr.io/a/b:1');
        await world().cluster.apply([manifest(name)]);
        expect(images(await get(name))).to.deep.equal([UPSTREAM, ...REWRITTEN.slice(1)]);
      });

      it('is no reason to touch a Pod that was not rewritten', async () => {
        const name = newName();
        await world().cluster.apply([{ ...manifest(name), spec: podOf([CACHED]).spec }]);
        await world().cluster.apply([{ ...manifest(name), spec: podOf([UPSTREAM]).spec }]);
        expect(images(await get(name))).to.deep.equal([UPSTREAM]);
      });

      it('is told from an image that a tool writes on purpose: that stays as it is written', async () => {
        const one = { spec: { containers: [{ name: 'c0', image: UPSTREAM }] } };
        const written = [UPSTREAM, ...REWRITTEN.slice(1)];
        const json = [{ op: 'replace', path: '/spec/containers/0/image', value: UPSTREAM }];
        const ways: Readonly<Record<string, (pod: StoredPod) => Promise<unknown>>> = {
          'kubectl set image': async ({ metadata }) =>
            kubectl('set', 'image', `pod/${metadata.name}`, `c0=${UPSTREAM}`),
          'kubectl patch': async ({ metadata }) => kubectl('patch', 'pod', metadata.name, '-p', JSON.stringify(one)),
          'a strategic merge patch': async ({ metadata }) =>
            patch(metadata.name, one, 'fieldManager=postgres-operator', STRATEGIC_MERGE),
          'a JSON patch': async ({ metadata }) => patch(metadata.name, json, '', 'application/json-patch+json'),
          'an update': async (pod) => {
            const containers = pod.spec.containers.map((c) => (c.name === 'c0' ? { ...c, image: UPSTREAM } : c));
            const body = { ...pod, spec: { ...pod.spec, containers } };
            await world().cluster.api.json('PUT', `${path(pod.metadata.name)}?fieldManager=manager`, body);
          },
          'an update by the one who applied it': async ({ metadata }) =>
            patch(metadata.name, one, 'fieldManager=kustomize-controller', STRATEGIC_MERGE),
        };
        for (const [way, write] of Object.entries(ways)) {
          const name = newName();
          const { pod } = await reconcile(name, manifest(name));
          await write(pod);
          expect(images(await get(name)), way).to.deep.equal(written);
        }
      });

      it('takes nothing away from new ephemeral containers', async () => {
        const pod = await created(newName());
        const response = await putEphemeral(world().cluster.api, pod, [UPSTREAM]);
        expect(response.status, response.body).to.equal(200);
        expect((JSON.parse(response.body) as Pod).spec.ephemeralContainers?.[0]?.image).to.equal(CACHED);
      });
    });
  }
});

/** What Flux compares of an object. */
function content({ metadata: { labels, annotations }, spec }: Pod): object {
  return { labels, annotations, spec };
}
