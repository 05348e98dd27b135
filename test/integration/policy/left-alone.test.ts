import { expect } from 'chai';

import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { goldenEntries } from './golden.js';
import { asks, Injector } from './injector.js';
import { create, dryRun, images, podOf, putEphemeral, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { SERVED_ENGINES } from './served.js';

const CACHED = 'harbor.cache.test/dockerhub/library/nginx';
const SIDECAR = { image: 'docker.io/istio/proxyv2:1', cached: 'harbor.cache.test/dockerhub/istio/proxyv2:1' };
const ID = `sha256:${'a'.repeat(64)}`;

for (const engine of SERVED_ENGINES) {
  describe(`what ${engine} leaves as it is`, function () {
    this.timeout(120_000);
    const cluster = useCluster();
    let namespace: string;
    let policies: PoliciesInForce;

    const put = async (more: Partial<PolicySettings>): Promise<PoliciesInForce> => {
      const settings = { engine, ...DEFAULT_SETTINGS, ...more };
      const rendered = renderPolicies(
        goldenEntries.map((entry) => ({ entry, settings })),
        { excludedNamespaces: ['kube-*'] },
      );
      return PoliciesInForce.put(cluster().api, rendered, { namespace, images: ['nginx'] });
    };

    before(async () => {
      namespace = await cluster().createNamespace();
      policies = await put({ ignorePullSecrets: ['*-dockercfg-*', 'everywhere'], injected: 'Always' });
    });
    after(async () => {
      await policies.remove();
    });

    const imagesOf = async (pod: Pod): Promise<readonly string[]> =>
      images(await dryRun(cluster().api, namespace, pod));

    it('is an image that has to be on the node already', async () => {
      const pod = podOf([], {
        containers: [
          { name: 'loaded', image: 'nginx:dev', imagePullPolicy: 'Never' },
          { name: 'other', image: 'nginx:dev' },
        ],
        initContainers: [{ name: 'i', image: 'nginx:dev', imagePullPolicy: 'Never' }],
        volumes: [
          { name: 'v', image: { reference: 'nginx:dev', pullPolicy: 'Never' } },
          { name: 'w', image: { reference: 'nginx:dev', pullPolicy: 'Always' } },
        ],
      });
      expect(await imagesOf(pod)).to.deep.equal([
        'nginx:dev',
        `${CACHED}:dev`,
        'nginx:dev',
        'nginx:dev',
        `${CACHED}:dev`,
      ]);
    });

    it('is an image of an ephemeral container that has to be on the node already', async () => {
      const pod = await create(cluster().api, namespace, podOf(['a.test/b']));
      const added = [{ image: 'nginx:dev', imagePullPolicy: 'Never' }, 'nginx:dev'] as const;
      const { status, body } = await putEphemeral(cluster().api, pod, added);
      expect(status, body).to.equal(200);
      expect(images(JSON.parse(body) as Pod)).to.deep.equal(['a.test/b', 'nginx:dev', `${CACHED}:dev`]);
    });

    it("is Istio's placeholder, and no name that only begins so", async () => {
      const auto = CACHED.replace('nginx', 'auto');
      expect(await imagesOf(podOf(['auto', 'auto:1', 'docker.io/auto']))).to.deep.equal(['auto', `${auto}:1`, auto]);
    });

    it("is an image's id", async () => {
      expect(await imagesOf(podOf([ID, `nginx@${ID}`, `x/${ID}`]))).to.deep.equal([
        ID,
        `${CACHED}@${ID}`,
        `harbor.cache.test/dockerhub/x/${ID}`,
      ]);
    });

    it('is a name that would be too long behind its project', async () => {
      const room = 255 - 'dockerhub/x/'.length;
      const [fits, tooLong] = [`x/${'a'.repeat(room)}`, `x/${'a'.repeat(room + 1)}`];
      expect(await imagesOf(podOf([fits, tooLong]))).to.deep.equal([`harbor.cache.test/dockerhub/${fits}`, tooLong]);
    });

    it('is a name with a tag that no registry takes', async () => {
      const [fits, tooLong] = [`nginx:${'T'.repeat(128)}@${ID}`, `nginx:${'T'.repeat(129)}@${ID}`];
      expect(await imagesOf(podOf([fits, tooLong, 'nginx:', 'nginx:1:2']))).to.deep.equal([
        fits.replace('nginx', CACHED),
        tooLong,
        'nginx:',
        'nginx:1:2',
      ]);
    });

    it('is a name that begins with a prefix of ours behind another host', async () => {
      const twice = 'quay.io/harbor.cache.test/dockerhub/library/nginx:1';
      const others = ['harbor.cache.test/x/y', 'harbor.cache.test/dockerhub', 'harbor.cache.test/dockerhub-2/x'];
      expect(await imagesOf(podOf([twice, ...others.map((name) => `quay.io/${name}`)]))).to.deep.equal([
        twice,
        ...others.map((name) => `harbor.cache.test/quay/${name}`),
      ]);
    });

    it('is a Pod with a pull secret of its own, unless that is to be ignored', async () => {
      const withSecrets = (...names: string[]): Promise<readonly string[]> =>
        imagesOf(podOf(['nginx'], { imagePullSecrets: names.map((name) => ({ name })) }));
      expect(await withSecrets('app-dockercfg-x7k2p', 'everywhere')).to.deep.equal([CACHED]);
      expect(await withSecrets('app-dockercfg-x7k2p', 'mine')).to.deep.equal(['nginx']);
      expect(await withSecrets('not-everywhere')).to.deep.equal(['nginx']);
    });

    it('is a Pod with a pull secret of its ServiceAccount, unless that is to be ignored', async () => {
      const ofAccount = async (name: string, ...secrets: string[]): Promise<readonly string[]> => {
        const account = { metadata: { name }, imagePullSecrets: secrets.map((secret) => ({ name: secret })) };
        await cluster().api.json('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
        return imagesOf(podOf(['nginx'], { serviceAccountName: name }));
      };
      expect(await ofAccount('app', 'app-dockercfg-x7k2p')).to.deep.equal([CACHED]);
      expect(await ofAccount('team', 'team-dockercfg-x7k2p', 'mine')).to.deep.equal(['nginx']);
    });

    describe("beside Istio's injector, which looks for its placeholder,", () => {
      /** Before Kyverno's webhooks in the order of names, and after them. */
      const [early, late] = ['istio-sidecar-injector', 'zz-injector'] as const;
      let injector: Injector;

      const injected = (image: string, wishes: object): Promise<readonly string[]> =>
        imagesOf(podOf([image], {}, { annotations: wishes }));

      before(async () => {
        // The placeholder is a name of Docker Hub's, so the policies are asked about it, and once more later, without injected: Always too.
        await policies.remove();
        policies = await put({});
        injector = await Injector.start(cluster().api, namespace, [early, late]);
        await eventually(async () => {
          const wishes = { [asks(early, 'sidecar')]: 'a.test/early', [asks(late, 'sidecar')]: 'a.test/late' };
          expect(await injected('a.test/b', wishes)).to.have.length(3);
        });
      });
      after(async () => {
        await injector.stop();
      });

      it('is the placeholder, until an earlier webhook has put an image in its place', async () => {
        expect(await injected('auto', { [asks(early, 'auto')]: SIDECAR.image })).to.deep.equal([SIDECAR.cached]);
      });

      it('is the placeholder, until a later webhook has put an image in its place', async () => {
        // Kyverno never asks a MutatingPolicy again, so the image stays that the injector has put there.
        const expected = engine === 'MutatingPolicy' ? SIDECAR.image : SIDECAR.cached;
        expect(await injected('auto', { [asks(late, 'auto')]: SIDECAR.image })).to.deep.equal([expected]);
      });
    });
  });
}
