import { expect } from 'chai';
import { explainPod } from '../../../src/cli/explain/explain.js';
import { servedEntries } from '../../../src/cli/explain/in-force.js';
import type { Pod } from '../../../src/cli/explain/pod.js';
import { hub, inForce, mirror, policiesOf } from './explained-mirrors.js';

describe('registry-mirror explain, by the policies in the cluster,', () => {
  it('explains what a later webhook may have added to a Pod without mirrored images, unless the policy sees all and is asked again', () => {
    const spec = {
      containers: [
        { name: 'main', image: 'other.test/x' },
        { name: 'sidecar', image: 'nginx' },
      ],
    };
    const context = {
      pod: { metadata: { name: 'p' }, spec },
      namespace: 'shop',
      namespaceLabels: {},
      pullSecrets: { names: [] },
    };
    const reasons = [
      hub(),
      hub({ injected: 'Always' }),
      hub({ engine: 'MutatingPolicy', injected: 'Always' }),
      hub({ engine: 'MutatingAdmissionPolicy' }),
    ].map((each) => {
      const served = servedEntries([each], policiesOf([each]));
      const sidecar = explainPod(context, { mirrors: [each], served, exists: true })[1];
      return sidecar?.outcome === 'Unchanged'
        ? [sidecar.reason.code, / and ([^;]+);/.exec(sidecar.reason.text)?.[1]]
        : [];
    });
    const notAgain = "the policy wasn't asked again (rewrite.injected is BestEffort)";
    expect(reasons).to.deep.equal([
      ['AddedLater', notAgain],
      ['Unexplained', undefined],
      ['AddedLater', 'Kyverno never asks a MutatingPolicy again'],
      ['AddedLater', notAgain],
    ]);
  });

  it('knows the pull prefixes of mirrors in one policy only, as the policies do', () => {
    const spec = { containers: [{ name: 'c', image: 'quay.io/h.test/hub/library/nginx' }] };
    const context = {
      pod: { metadata: { name: 'p' }, spec },
      namespace: 'shop',
      namespaceLabels: {},
      pullSecrets: { names: [] },
    };
    const outcomes = ['Fail', 'Ignore'].map((failurePolicy) => {
      const quay = mirror('quay', { upstream: { type: 'quay' }, rewrite: { failurePolicy } }, [inForce]);
      const mirrors = [hub(), quay];
      const served = servedEntries(mirrors, policiesOf(mirrors));
      return explainPod(context, { mirrors, served, exists: false })[0]?.outcome;
    });
    expect(outcomes).to.deep.equal(['Unchanged', 'WouldBeRewritten']);
  });

  it('says that a policy is not in force while no webhook names its content', () => {
    const look = policiesOf([hub()]);
    const served = servedEntries([hub()], look && { ...look, webhooks: [] });
    const pod: Pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    const context = { pod, namespace: 'shop', namespaceLabels: {}, pullSecrets: { names: [] } };
    const [explained] = explainPod(context, { mirrors: [hub()], served, exists: false });
    expect(explained).to.have.nested.property('reason.code', 'NotInForce');
  });
});
