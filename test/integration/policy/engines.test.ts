import { expect } from 'chai';

import { ANNOTATIONS, LABELS } from '../../../src/api/group.js';
import { rewriter } from '../../../src/image/rewrite.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { goldenCases, goldenEntries, repositoryCases, repositoryEntries, type GoldenCase } from './golden.js';
import { create, dryRun, images, podOf, putEphemeral, type Pod } from './pod.js';
import { SERVED_ENGINES } from './served.js';
import { chunks, inParallel, PoliciesInForce } from './policies.js';

const EXCLUDED = ['kube-*', 'kyverno', 'harbor'];
const NGINX = 'harbor.cache.test/dockerhub/library/nginx';

/** The API server refuses a container's image with space around it, before or after the rewrite. */
const acceptable = ({ image }: Pick<GoldenCase, 'image'>): boolean => image.trim() === image;

for (const engine of SERVED_ENGINES) {
  describe(`the rewrite by ${engine}`, function () {
    this.timeout(120_000);
    const cluster = useCluster();
    let namespace: string;

    const settings = (more: Partial<PolicySettings> = {}): PolicySettings => ({
      engine,
      failurePolicy: 'Fail',
      podsWithPullSecrets: 'Skip',
      pullSecret: 'None',
      ...more,
    });

    const put = async (
      placed: readonly { readonly entry: MirrorEntry; readonly settings: PolicySettings }[],
      ...probes: readonly string[]
    ): Promise<PoliciesInForce> =>
      PoliciesInForce.put(cluster().api, renderPolicies(placed, { excludedNamespaces: EXCLUDED }), {
        namespace,
        images: probes,
      });

    const imagesOf = async (pod: Pod, where = namespace): Promise<readonly string[]> =>
      images(await dryRun(cluster().api, where, pod));

    before(async () => {
      namespace = await cluster().createNamespace();
    });

    describe('of ten mirrors together', () => {
      let policies: PoliciesInForce;
      let older: Pod;

      before(async () => {
        older = await create(cluster().api, namespace, podOf(['nginx', 'quay.io/a/b']));
        await putEphemeral(cluster().api, older, ['busybox:old'], false);
        policies = await put(
          goldenEntries.map((entry) => ({ entry, settings: settings() })),
          'nginx',
        );
      });
      after(async () => {
        await policies.remove();
      });

      it('is right for each golden case alone', async () => {
        await inParallel(goldenCases.filter(acceptable), async ({ image, expected }) => {
          expect(await imagesOf(podOf([image]))).to.deep.equal([expected]);
        });
      });

      it('is right for twenty images in one Pod, wherever they stand, and keeps their order', async () => {
        await inParallel(chunks(goldenCases.filter(acceptable), 20), async (cases) => {
          const [containers = [], initContainers = [], volumes = []] = chunks(cases, 7);
          const pod = podOf(
            containers.map(({ image }) => image),
            {
              initContainers: initContainers.map(({ image }, i) => ({ name: `i${i}`, image })),
              volumes: volumes.map(({ image }, i) => ({ name: `v${i}`, image: { reference: image } })),
            },
          );
          const result = await dryRun(cluster().api, namespace, pod);
          expect(images(result)).to.deep.equal(cases.map(({ expected }) => expected));
          expect(result.spec.containers.map(({ name }) => name)).to.deep.equal(containers.map((_, i) => `c${i}`));
          expect(result.spec.initContainers?.map(({ name }) => name) ?? []).to.deep.equal(
            initContainers.map((_, i) => `i${i}`),
          );
        });
      });

      it('changes only the new ephemeral containers, also of a Pod older than the policy', async () => {
        const pod = await cluster().api.json<Pod>('GET', `/api/v1/namespaces/${namespace}/pods/${older.metadata.name}`);
        await inParallel(chunks(goldenCases.filter(acceptable), 20), async (cases) => {
          const response = await putEphemeral(
            cluster().api,
            pod,
            cases.map(({ image }) => image),
          );
          expect(response.status, response.body).to.equal(200);
          expect(images(JSON.parse(response.body) as Pod)).to.deep.equal([
            'nginx',
            'quay.io/a/b',
            'busybox:old',
            ...cases.map(({ expected }) => expected),
          ]);
        });
      });

      it('notes on the Pod what its images were', async () => {
        const volumes = [{ name: 'v', image: { reference: 'quay.io/a/b' } }];
        const initContainers = [{ name: 'i', image: 'ghcr.io/x:1' }];
        const { metadata } = await dryRun(
          cluster().api,
          namespace,
          podOf(['nginx', 'a.test/b'], { volumes, initContainers }),
        );
        expect(metadata.labels).to.deep.equal({ [LABELS.mirrored]: 'true' });
        expect(JSON.parse(metadata.annotations?.[ANNOTATIONS.originalImages] ?? '')).to.deep.equal({
          c0: 'nginx',
          i: 'ghcr.io/x:1',
          'volumes/v': 'quay.io/a/b',
        });
      });

      it('keeps the notes of an earlier pass, and the labels and annotations of others', async () => {
        const original = '{"c1":"quay.io/earlier:1"}';
        const annotations = { [ANNOTATIONS.originalImages]: original, other: 'x' };
        const pod = podOf(['nginx'], {}, { annotations, labels: { app: 'x' } });
        const { metadata } = await dryRun(cluster().api, namespace, pod);
        expect(metadata.labels).to.deep.equal({ [LABELS.mirrored]: 'true', app: 'x' });
        expect(metadata.annotations?.other).to.equal('x');
        expect(JSON.parse(metadata.annotations?.[ANNOTATIONS.originalImages] ?? '')).to.deep.equal({
          c0: 'nginx',
          c1: 'quay.io/earlier:1',
        });
      });

      if (engine === 'MutatingPolicy') {
        it('is called ready by Kyverno', async () => {
          const path = '/apis/policies.kyverno.io/v1/mutatingpolicies';
          await eventually(async () => {
            const { items } = await cluster().api.json<{ items: { status?: object }[] }>('GET', path);
            expect(items).to.not.be.empty;
            for (const { status } of items) expect(status).to.have.nested.property('conditionStatus.ready', true);
          });
        });
      }

      it('leaves no trace on a Pod without mirrored images', async () => {
        const { metadata } = await dryRun(cluster().api, namespace, podOf(['a.test/b']));
        expect(metadata).to.not.have.any.keys('labels', 'annotations');
      });

      it('changes nothing when its result is applied again, and the dry run says what the real one does', async () => {
        const pod = podOf(['nginx', 'quay.io/a/b:1'], { initContainers: [{ name: 'i', image: 'ghcr.io/x:1' }] });
        const dry = await dryRun(cluster().api, namespace, pod);
        const real = await create(cluster().api, namespace, pod);
        expect(images(real)).to.deep.equal(images(dry));
        const { labels = {}, annotations = {} } = real.metadata;
        expect({ labels, annotations }).to.deep.equal({
          labels: dry.metadata.labels,
          annotations: dry.metadata.annotations,
        });

        const again = await dryRun(cluster().api, namespace, {
          metadata: { name: 'again', labels, annotations },
          spec: real.spec,
        });
        expect(images(again)).to.deep.equal(images(real));
        expect(again.metadata).to.deep.include({ labels, annotations });
      });

      it('leaves Pods with pull secrets alone, their own and those of their ServiceAccount', async () => {
        await cluster().api.json('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
          metadata: { name: 'with-secret' },
          imagePullSecrets: [{ name: 'regcred' }],
        });
        expect(await imagesOf(podOf(['nginx'], { imagePullSecrets: [{ name: 'mine' }] }))).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx'], { serviceAccountName: 'with-secret' }))).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx'], { imagePullSecrets: [] }))).to.deep.equal([NGINX]);
      });

      it('leaves excluded namespaces and those that opted out alone', async () => {
        const kube = await cluster().createNamespace({}, 'kube-test');
        const optedOut = await cluster().createNamespace({ [LABELS.rewrite]: 'disabled' });
        const other = await cluster().createNamespace({ [LABELS.rewrite]: 'enabled' }, 'akube');
        expect(await imagesOf(podOf(['nginx']), kube)).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx']), optedOut)).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx']), other)).to.deep.equal([NGINX]);
      });

      it('leaves Pods alone that opted out, and static Pods', async () => {
        const labelled = (value: string): Pod => podOf(['nginx'], {}, { labels: { [LABELS.rewrite]: value } });
        expect(await imagesOf(labelled('disabled'))).to.deep.equal(['nginx']);
        expect(await imagesOf(labelled('enabled'))).to.deep.equal([NGINX]);
        const annotations = { 'kubernetes.io/config.mirror': 'x' };
        expect(await imagesOf(podOf(['nginx'], { nodeName: 'n' }, { annotations }))).to.deep.equal(['nginx']);
      });

      it("leaves a Deployment's template alone", async () => {
        const labels = { app: 'x' };
        const spec = {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podOf(['nginx']).spec },
        };
        const path = `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`;
        const deployment = await cluster().api.json<{ spec: { template: Pod } }>('POST', path, {
          metadata: { name: 'd' },
          spec,
        });
        expect(images(deployment.spec.template)).to.deep.equal(['nginx']);
      });

      it('takes nothing for an expression that the author of a Pod wrote', async () => {
        const hostile = [
          '{{ request.object.metadata.name }}',
          "'}}{{`",
          '{"a":"{{ x }}"}',
          '{"c9":"$(x)"}',
          '\\',
          '{"a":1}',
          '["a"]',
        ];
        await inParallel(hostile, async (text) => {
          const annotations = { [ANNOTATIONS.originalImages]: text, other: text };
          const env = [{ name: 'A', value: text }];
          const pod = podOf(
            ['nginx'],
            { containers: [{ name: 'c0', image: 'nginx', env, args: [text] }] },
            { annotations },
          );
          const result = await dryRun(cluster().api, namespace, pod);
          expect(images(result)).to.deep.equal([NGINX]);
          expect(result.metadata.annotations?.other).to.equal(text);
          expect(JSON.parse(result.metadata.annotations?.[ANNOTATIONS.originalImages] ?? '')).to.include({
            c0: 'nginx',
          });
          expect(result.spec.containers[0]?.args).to.deep.equal([text]);
        });
      });

      it('lets the API server say what is wrong with an invalid Pod', async () => {
        const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
        const newest = await create(cluster().api, namespace, podOf(['nginx']));
        const nameless = await cluster().api.send('POST', path, podOf([], { containers: [{ image: 'nginx' }] }));
        expect(nameless.body).to.include('spec.containers[0].name: Required value');
        const imageless = await cluster().api.send('POST', path, podOf(['nginx'], { initContainers: [{ name: 'i' }] }));
        expect(imageless.body).to.include('spec.initContainers[0].image: Required value');
        const noneAdded = await putEphemeral(cluster().api, newest, []);
        expect(noneAdded.status, noneAdded.body).to.equal(200);
        const spec = { ...newest.spec, ephemeralContainers: [{ image: 'nginx' }] };
        const subresource = `/api/v1/namespaces/${namespace}/pods/${newest.metadata.name}/ephemeralcontainers?dryRun=All`;
        const unnamed = await cluster().api.send('PUT', subresource, { ...newest, spec });
        expect(unnamed.body).to.include('spec.ephemeralContainers[0].name: Required value');
      });
    });

    describe('where globs decide', () => {
      let policies: PoliciesInForce;

      before(async () => {
        // Two policies: which of them has a mirror must not matter.
        policies = await put(
          repositoryEntries.map((entry, index) => ({
            entry,
            settings: settings({ podsWithPullSecrets: index % 2 === 0 ? 'Skip' : 'Rewrite' }),
          })),
          'nginx',
          'bitnami/nginx',
        );
      });
      after(async () => {
        await policies.remove();
      });

      it('is right for each case alone, and for all of them in one Pod', async () => {
        const rewrite = rewriter(repositoryEntries);
        await inParallel(repositoryCases, async ({ image, expected }) => {
          expect(rewrite(image).image).to.equal(expected);
          expect(await imagesOf(podOf([image]))).to.deep.equal([expected]);
        });
        const all = repositoryCases.map(({ image }) => image);
        expect(await imagesOf(podOf(all))).to.deep.equal(repositoryCases.map(({ expected }) => expected));
      });
    });

    describe('where selectors decide', () => {
      let policies: PoliciesInForce;

      before(async () => {
        namespace = await cluster().createNamespace({ team: 'a' });
        const selective = settings({
          podsWithPullSecrets: 'Rewrite',
          namespaceSelector: { matchLabels: { team: 'a' } },
          podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['db'] }] },
        });
        policies = await put(
          goldenEntries.map((entry) => ({ entry, settings: selective })),
          'nginx',
        );
      });
      after(async () => {
        await policies.remove();
      });

      it('takes the Pods that both select, and no others', async () => {
        const other = await cluster().createNamespace({ team: 'b' });
        const optedOut = await cluster().createNamespace({ team: 'a', [LABELS.rewrite]: 'disabled' });
        expect(await imagesOf(podOf(['nginx']))).to.deep.equal([NGINX]);
        expect(await imagesOf(podOf(['nginx'], {}, { labels: { tier: 'db' } }))).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx']), other)).to.deep.equal(['nginx']);
        expect(await imagesOf(podOf(['nginx']), optedOut)).to.deep.equal(['nginx']);
      });

      it('rewrites Pods with pull secrets where it is told to', async () => {
        const pod = podOf(['nginx'], { imagePullSecrets: [{ name: 'mine' }] });
        expect(await imagesOf(pod)).to.deep.equal([NGINX]);
      });
    });
  });
}
