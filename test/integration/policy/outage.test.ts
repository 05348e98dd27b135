import { expect } from 'chai';

import { LABELS } from '../../../src/api/group.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { useCluster } from '../shared-cluster.js';
import { goldenEntries } from './golden.js';
import { create, podOf, putEphemeral, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';

const ROWS: readonly Pick<PolicySettings, 'engine' | 'injected'>[] = [
  { engine: 'ClusterPolicy' },
  // Which Kyverno asks about no more Pods for it.
  { engine: 'MutatingPolicy', injected: 'Always' },
];

for (const { engine, ...more } of ROWS) {
  const by = more.injected === undefined ? engine : `${engine} with injected: ${more.injected}`;
  describe(`while Kyverno is down, by ${by}`, function () {
    this.timeout(120_000);
    const cluster = useCluster();
    let namespace: string;
    let optedOut: string;
    let older: Pod;
    let rewritten: Pod;
    const policies: PoliciesInForce[] = [];

    const put = async (failurePolicy: PolicySettings['failurePolicy']): Promise<void> => {
      const settings = { engine, failurePolicy, podsWithPullSecrets: 'Skip', pullSecret: 'None', ...more } as const;
      const entries = goldenEntries.filter(({ hosts }) => hosts.includes('docker.io') === (failurePolicy === 'Fail'));
      const rendered = renderPolicies(
        entries.map((entry) => ({ entry, settings })),
        { excludedNamespaces: ['kube-*'] },
      );
      const images = [failurePolicy === 'Fail' ? 'nginx' : 'quay.io/a/b'];
      policies.push(await PoliciesInForce.put(cluster().api, rendered, { namespace, images }));
    };

    before(async () => {
      namespace = await cluster().createNamespace();
      optedOut = await cluster().createNamespace({}, 'kube-out');
      older = await create(cluster().api, namespace, podOf(['nginx', 'a.test/b']));
      await put('Fail');
      await put('Ignore');
      rewritten = await create(cluster().api, namespace, podOf(['nginx']));
      await cluster().stopKyverno();
    });
    after(async () => {
      await cluster().startKyverno();
      for (const each of policies) await each.remove();
    });

    const status = async (pod: Pod, where = namespace): Promise<number> =>
      (await cluster().api.send('POST', `/api/v1/namespaces/${where}/pods?dryRun=All`, pod)).status;

    it('refuses a Pod that uses a mirrored image', async () => {
      expect(await status(podOf(['nginx']))).to.equal(500);
      expect(await status(podOf(['a.test/b', 'docker.io/library/nginx:1']))).to.equal(500);
    });

    it('creates a Pod that uses none', async () => {
      expect(await status(podOf(['a.test/nginx', 'docker.io.test/x', 'localhost/nginx']))).to.equal(201);
    });

    it('creates a Pod that is left alone anyway', async () => {
      expect(await status(podOf(['nginx'], { imagePullSecrets: [{ name: 'mine' }] }))).to.equal(201);
      expect(await status(podOf(['nginx'], {}, { labels: { [LABELS.rewrite]: 'disabled' } }))).to.equal(201);
      expect(await status(podOf(['nginx']), optedOut)).to.equal(201);
    });

    it('looks only at the ephemeral containers that are new', async () => {
      expect((await putEphemeral(cluster().api, older, ['a.test/debug'])).status).to.equal(200);
      expect((await putEphemeral(cluster().api, older, ['busybox'])).status).to.equal(500);
    });

    it('updates a Pod in any way but one: what would put its original image back', async () => {
      const change = async (name: string, body: object, query: string): Promise<number> => {
        const path = `/api/v1/namespaces/${namespace}/pods/${name}?dryRun=All&${query}`;
        return (await cluster().api.send('PATCH', path, body, 'application/strategic-merge-patch+json')).status;
      };
      const image = (name: string): object => ({ spec: { containers: [{ name: 'c0', image: name }] } });
      const apply = 'fieldManager=kubectl-client-side-apply';
      for (const query of [apply, 'fieldManager=manager', '']) {
        expect(await change(older.metadata.name, image('nginx:2'), query)).to.equal(200);
        expect(await change(rewritten.metadata.name, { metadata: { labels: { a: 'b' } } }, query)).to.equal(200);
        expect(await change(rewritten.metadata.name, image('nginx:2'), query)).to.equal(200);
      }
      // Who writes it is for a ClusterPolicy's rules to decide.
      const byHand = engine === 'ClusterPolicy' ? 500 : 200;
      expect(await change(rewritten.metadata.name, image('nginx'), 'fieldManager=manager')).to.equal(byHand);
      expect(await change(rewritten.metadata.name, image('nginx'), apply)).to.equal(500);
    });

    it('creates a Pod unrewritten where the failure policy is Ignore', async () => {
      const pod = await create(cluster().api, namespace, podOf(['quay.io/a/b']));
      expect(pod.spec.containers[0]?.image).to.equal('quay.io/a/b');
    });
  });
}
