import { expect } from 'chai';

import type { MirrorEntry } from '../../../src/engines/entry.js';
import { pullSecretName } from '../../../src/engines/pull-secret.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { useCluster } from '../shared-cluster.js';
import { create, dryRun, images, podOf, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { SERVED_ENGINES } from './served.js';

interface References {
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

function entry(mirror: string): MirrorEntry {
  return { mirror, hosts: [`${mirror}.test`], pullPrefix: `harbor.cache.test/${mirror}`, include: [], exclude: [] };
}

const nameOf = (mirror: string): string => pullSecretName(entry(mirror));
const secretsOf = ({ spec }: Pod): readonly string[] =>
  ((spec as References).imagePullSecrets ?? []).map(({ name }) => name);

for (const engine of SERVED_ENGINES) {
  describe(`pull secrets by ${engine}`, function () {
    this.timeout(120_000);
    const cluster = useCluster();
    let namespace: string;
    let policies: PoliciesInForce;

    const settings = (more: Partial<PolicySettings>): PolicySettings => ({
      engine,
      failurePolicy: 'Fail',
      podsWithPullSecrets: 'Skip',
      pullSecret: 'Inject',
      ...more,
    });

    before(async () => {
      namespace = await cluster().createNamespace();
      const rewrite = settings({ podsWithPullSecrets: 'Rewrite' });
      const placed = [
        { entry: entry('one'), settings: settings({}) },
        { entry: entry('two'), settings: settings({}) },
        { entry: entry('public'), settings: settings({ pullSecret: 'None' }) },
        { entry: entry('every'), settings: rewrite },
      ];
      policies = await PoliciesInForce.put(cluster().api, renderPolicies(placed, { excludedNamespaces: [] }), {
        namespace,
        images: ['one.test/a:1', 'public.test/a:1', 'every.test/a:1'],
      });
    });
    after(async () => {
      await policies.remove();
    });

    const admitted = async (list: readonly string[], ...own: readonly string[]): Promise<Pod> =>
      dryRun(cluster().api, namespace, podOf(list, { imagePullSecrets: own.map((name) => ({ name })) }));

    it('gives a Pod the Secret of each mirror that it uses, once, and no other', async () => {
      expect(secretsOf(await admitted(['one.test/a:1', 'one.test/b:1', 'elsewhere.test/c:1']))).to.deep.equal([
        nameOf('one'),
      ]);
      expect(secretsOf(await admitted(['two.test/a:1', 'one.test/a:1']))).to.deep.equal([nameOf('one'), nameOf('two')]);
    });

    it('gives none to a Pod that is not rewritten, or for a mirror without Inject', async () => {
      expect(secretsOf(await admitted(['elsewhere.test/c:1']))).to.deep.equal([]);
      expect(secretsOf(await admitted(['public.test/c:1']))).to.deep.equal([]);
    });

    it('rewrites a Pod of several mirrors wholly, although one adds a Secret before the other looks', async () => {
      const pod = await admitted(['public.test/a:1', 'one.test/a:1', 'every.test/a:1']);
      expect(images(pod)).to.deep.equal(['public', 'one', 'every'].map((name) => `harbor.cache.test/${name}/a:1`));
      expect(secretsOf(pod)).to.have.members([nameOf('one'), nameOf('every')]);
    });

    it('leaves a Pod alone that has a pull secret of its own', async () => {
      const pod = await admitted(['one.test/a:1'], 'own');
      expect([images(pod), secretsOf(pod)]).to.deep.equal([['one.test/a:1'], ['own']]);
    });

    it('adds behind those that the Pod has where podsWithPullSecrets is Rewrite, and not twice', async () => {
      const pod = await admitted(['every.test/a:1'], 'own', 'second');
      expect(images(pod)).to.deep.equal(['harbor.cache.test/every/a:1']);
      expect(secretsOf(pod)).to.deep.equal(['own', 'second', nameOf('every')]);
      const again = await admitted(['every.test/a:1'], nameOf('every'), 'own');
      expect(images(again)).to.deep.equal(['harbor.cache.test/every/a:1']);
      expect(secretsOf(again)).to.deep.equal([nameOf('every'), 'own']);
    });

    it('changes nothing in a Pod whose manifest is applied again', async () => {
      const manifest = { apiVersion: 'v1', kind: 'Pod', ...podOf(['one.test/a:1']) };
      const path = `/api/v1/namespaces/${namespace}/pods/${manifest.metadata.name}?fieldManager=git&force=true`;
      const apply = async (): Promise<Pod> =>
        cluster().api.json<Pod>('PATCH', path, manifest, 'application/apply-patch+yaml');
      const first = await apply();
      expect(secretsOf(first)).to.deep.equal([nameOf('one')]);
      const second = await apply();
      expect(second.spec).to.deep.equal(first.spec);
    });

    it('lets a Pod be applied again that was made before its mirror had Inject', async () => {
      const annotations = { 'registrymirror.io/original-images': '{"c0":"one.test/a:1"}' };
      const older = podOf(['harbor.cache.test/one/a:1'], {}, {});
      await create(cluster().api, namespace, { ...older, metadata: { ...older.metadata, annotations } });
      const { name } = older.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}?fieldManager=git&force=true`;
      const manifest = { apiVersion: 'v1', kind: 'Pod', ...podOf(['one.test/a:1'], {}, { name }) };
      const pod = await cluster().api.json<Pod>('PATCH', path, manifest, 'application/apply-patch+yaml');
      expect(images(pod)).to.deep.equal(['harbor.cache.test/one/a:1']);
      expect(secretsOf(pod)).to.deep.equal([]);
    });
  });
}
