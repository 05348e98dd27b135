import { expect } from 'chai';
import { policyEntry } from '../../../src/engines/entry.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
import { renderPolicy } from '../../../src/engines/render.js';
import { namesEngine } from '../../../src/engines/auto.js';
import { policySettings } from '../../../src/engines/settings.js';
import { imagesDuring } from '../../support/pod-stream.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { PoliciesInForce } from './policies.js';

const IMAGE = 'quay.io/a/b:1';
const CACHED = `${PULL_HOST}/quay/a/b:1`;
const QUAY = { upstream: { type: 'quay' } };

describe('The name of the policy of mirrors with default settings', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });

  const policies = async (kind: string): Promise<string> =>
    (await world().cluster.kubectl(['get', kind, '-o', 'name'])).stdout.trim();

  it('takes the place of an older one, whose Pods are rewritten all the while', async () => {
    await world().apply('quay', QUAY);
    const mirror = await world().get('quay');
    const settings = policySettings(mirror.spec);
    if (settings === undefined || !namesEngine(settings)) throw new Error('it names no engine');
    const entries = [policyEntry(mirror, `${PULL_HOST}/quay`)];
    const name = 'registry-mirrors-cdcd8bd453';
    const old = renderPolicy({ name, settings, entries, rules: precedence(entries)(entries), excludedNamespaces: [] });
    await PoliciesInForce.put(world().cluster.api, [old], { namespace: 'default', images: [IMAGE] });
    const seen = await imagesDuring(world(), IMAGE, async () => {
      await world().startOperator();
      await eventually(async () => {
        expect(await policies('clusterpolicies')).to.equal('clusterpolicy.kyverno.io/registry-mirrors');
      });
      await world().untilReady('quay');
    });
    expect(seen).to.deep.equal([CACHED]);
    expect((await world().get('quay')).status.policy).to.deep.equal({
      kind: 'ClusterPolicy',
      name: 'registry-mirrors',
    });
  });

  it('is one that a PolicyException can have', async () => {
    const metadata = { name: 'as-it-is', namespace: 'default' };
    const resources = { kinds: ['Pod'], selector: { matchLabels: { app: 'as-it-is' } } };
    const exceptions = [{ policyName: 'registry-mirrors', ruleNames: ['*'] }];
    const spec = { exceptions, match: { any: [{ resources }] } };
    await world().cluster.apply([{ apiVersion: 'kyverno.io/v2', kind: 'PolicyException', metadata, spec }]);
    await eventually(async () => {
      const pod = ['run', 'exempt', `--image=${IMAGE}`, '--labels=app=as-it-is', '--dry-run=server'];
      const { stdout } = await world().cluster.kubectl([...pod, '-o', 'jsonpath={.spec.containers[0].image}']);
      expect(stdout).to.equal(IMAGE);
    });
    expect(await world().imageOfNewPod(IMAGE)).to.equal(CACHED);
    await world().cluster.kubectl(['delete', 'policyexception', metadata.name]);
  });

  it('is somebody else’s where a policy has it already: that stays as it is, and the mirror says what to do', async () => {
    const metadata = { name: 'registry-mirrors' };
    const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
    const jsonPatch = { expression: '[JSONPatch{op: "add", path: "/data", value: {}}]' };
    const spec = {
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'Never',
      matchConstraints: { resourceRules },
      mutations: [{ patchType: 'JSONPatch', jsonPatch }],
    };
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const foreign = { apiVersion, kind: 'MutatingAdmissionPolicy', metadata, spec };
    await world().cluster.apply([foreign]);
    const path = `/apis/${apiVersion}/mutatingadmissionpolicies/registry-mirrors`;
    const before = await world().cluster.api.json<object>('GET', path);
    try {
      await world().apply('quay', { ...QUAY, rewrite: { engine: 'MutatingAdmissionPolicy' } });
      const { message } = await world().until('quay', 'Stalled', 'True', 'PolicyRefused');
      expect(message).to.include("There is a MutatingAdmissionPolicy registry-mirrors that this operator didn't make");
      expect(await world().cluster.api.json<object>('GET', path)).to.deep.equal(before);
      expect(await world().imageOfNewPod(IMAGE)).to.equal(CACHED);
    } finally {
      await world().cluster.api.send('DELETE', path);
    }
  });
});
