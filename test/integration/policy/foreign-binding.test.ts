import { expect } from 'chai';

import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyObject, RenderedPolicy } from '../../../src/engines/policy.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';
import { goldenEntries } from './golden.js';
import { dryRun, images, podOf } from './pod.js';
import { apply, PoliciesInForce } from './policies.js';
import { collectionOf, SERVED_ENGINES } from './served.js';

const CACHED = 'harbor.cache.test/dockerhub/library/nginx';
const engine = 'MutatingAdmissionPolicy';

/** Anybody with the right to may bind a policy once more: to the same namespaces, or to fewer. */
const bindings = {
  'to all namespaces': {},
  'to namespaces that there are none of': { namespaceSelector: { matchLabels: { 'nobody.test/has': 'this' } } },
};

for (const [where, matchResources] of Object.entries(bindings)) {
  (SERVED_ENGINES.includes(engine) ? describe : describe.skip)(
    `somebody else's binding of our ${engine} ${where}`,
    function () {
      this.timeout(120_000);
      const cluster = useCluster();
      let namespace: string;
      let rendered: readonly RenderedPolicy[];
      let policies: PoliciesInForce;
      let theirs: PolicyObject;

      before(async () => {
        namespace = await cluster().createNamespace();
        const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' } as const;
        const placed = goldenEntries.map((entry) => ({ entry, settings }));
        rendered = renderPolicies(placed, { excludedNamespaces: ['kube-*'] });
        const [{ object, binding } = {}] = rendered;
        if (object === undefined || binding === undefined) throw new Error('No policy with a binding was rendered.');
        theirs = {
          apiVersion: binding.apiVersion,
          kind: binding.kind,
          metadata: { name: 'theirs', labels: {}, annotations: {} },
          spec: { policyName: object.metadata.name, matchResources },
        };
        policies = await PoliciesInForce.put(cluster().api, rendered, { namespace, images: ['nginx'] });
        await apply(cluster().api, theirs);
      });
      after(async () => {
        await cluster().api.send('DELETE', `${collectionOf(theirs)}/theirs`);
      });

      it('rewrites no image twice, and leaves out what the policy leaves out', async () => {
        // Until the API server has seen it, what it answers doesn't tell.
        for (let time = 0; time < 20; time++) {
          const pod = await dryRun(cluster().api, namespace, podOf(['nginx', 'auto']));
          expect(images(pod)).to.deep.equal([CACHED, 'auto']);
          expect(pod.metadata.annotations?.['registrymirror.io/original-images']).to.equal('{"c0":"nginx"}');
        }
        const optedOut = podOf(['nginx'], {}, { labels: { 'registrymirror.io/rewrite': 'disabled' } });
        expect(images(await dryRun(cluster().api, namespace, optedOut))).to.deep.equal(['nginx']);
        expect(images(await dryRun(cluster().api, 'kube-system', podOf(['nginx'])))).to.deep.equal(['nginx']);
      });

      it('rewrites nothing once the policy is gone', async () => {
        await policies.remove();
        await eventually(async () => {
          expect(images(await dryRun(cluster().api, namespace, podOf(['nginx'])))).to.deep.equal(['nginx']);
        });
      });
    },
  );
}
