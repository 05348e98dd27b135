import { expect } from 'chai';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { pullSecretName } from '../../../src/engines/pull-secret.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { rewriter } from '../../../src/image/rewrite.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { useCluster } from '../shared-cluster.js';
import { dryRun, images, podOf } from './pod.js';
import { chunks, inParallel, PoliciesInForce } from './policies.js';
import { SERVED_ENGINES } from './served.js';

const DIGEST = `@sha256:${'a'.repeat(64)}`;

function mirror(
  host: string,
  pullPrefix: string,
  include: readonly string[] = [],
  exclude: readonly string[] = [],
): MirrorEntry {
  return { mirror: `guard-${host.replace(/[.:]/g, '-')}`, hosts: [host], pullPrefix, include, exclude };
}

/** Several Harbors in one policy, one of them with a port, and one whose name is a word that Kyverno would take for a variable. */
const MIRRORS: readonly MirrorEntry[] = [
  mirror('quay.io', 'harbor.cache.test/quay'),
  mirror('docker.io', 'harbor.cache.test/docker.hub', [], ['library/ubuntu']),
  mirror('ghcr.io', 'second.cache.test/ghcr', ['**'], ['secret/**']),
  mirror('gcr.io', 'images.cache.test/gcr', ['*.test/**', 'some/*']),
  mirror('registry.k8s.io', 'port.cache.test:8443/k8s'),
  mirror('registry.guard.test:5000', 'images.cache.test/guard_1'),
];
const HOSTS = [...MIRRORS.flatMap(({ hosts }) => hosts), 'index.docker.io'];
const PREFIXES = MIRRORS.map(({ pullPrefix }) => pullPrefix);

/** Names that somebody else's policy may have made: a prefix of ours behind a registry, or what only looks like one. */
const NAMES = HOSTS.flatMap((host) =>
  [...PREFIXES, 'harbor.cache.test/other', 'some'].flatMap((path) => [
    ...['/image', `/team/image:1${DIGEST}`, '', ':1', DIGEST, '-2/image'].map((end) => `${host}/${path}${end}`),
    `${host}/x/${path}/image`,
    `${host}/${path.split('/')[0] ?? ''}:1`,
  ]),
);

for (const engine of SERVED_ENGINES) {
  describe(`a pull prefix in the path of an image, with several Harbors in one ${engine},`, function () {
    this.timeout(120_000);
    const cluster = useCluster();
    let namespace: string;
    let policies: PoliciesInForce;

    before(async () => {
      namespace = await cluster().createNamespace();
      const settings = { ...DEFAULT_SETTINGS, engine, podsWithPullSecrets: 'Rewrite', pullSecret: 'Inject' } as const;
      const rendered = renderPolicies(
        MIRRORS.map((entry) => ({ entry, settings })),
        { excludedNamespaces: ['kube-*'] },
      );
      expect(rendered).to.have.length(1);
      policies = await PoliciesInForce.put(cluster().api, rendered, { namespace, images: ['quay.io/a/b'] });
    });
    after(async () => {
      await policies.remove();
    });

    it('is never put in front a second time, whichever mirror it is of and whichever the registry', async () => {
      const twice = MIRRORS.filter(({ pullPrefix }) => !pullPrefix.includes(':')).flatMap(({ pullPrefix }) =>
        HOSTS.map((host) => `${host}/${pullPrefix}/team/image:1`),
      );
      expect(images(await dryRun(cluster().api, namespace, podOf(twice)))).to.deep.equal(twice);
    });

    it('is told from what only looks like one', async () => {
      const rewrite = rewriter(MIRRORS);
      await inParallel(chunks(NAMES, 40), async (names) => {
        const after = images(await dryRun(cluster().api, namespace, podOf(names)));
        expect(after).to.deep.equal(names.map((name) => rewrite(name).image));
      });
    });

    it('gives the Pod the pull Secret of each Harbor that it uses, and no other', async () => {
      const used = [MIRRORS[1], MIRRORS[4], MIRRORS[5]].flatMap((one) => one ?? []);
      const pod = podOf([
        'nginx',
        'registry.k8s.io/pause:3',
        'registry.guard.test:5000/a/b',
        'quay.io/harbor.cache.test/quay/a',
      ]);
      const { spec } = await dryRun(cluster().api, namespace, pod);
      const { imagePullSecrets = [] } = spec as { readonly imagePullSecrets?: readonly { readonly name: string }[] };
      expect(imagePullSecrets.map(({ name }) => name)).to.have.members(used.map(pullSecretName));
    });
  });
}
