import { expect } from 'chai';
import { isOurs, isPartOf, partName, policyName, policyNameIn } from '../../../src/engines/metadata/names.js';
import { webhookContents } from '../../../src/engines/webhooks.js';
import type { PolicySettings } from '../../../src/engines/settings.js';

const OTHER = 'registry-mirrors-0123456789';

function settings(more: Partial<PolicySettings> = {}): PolicySettings {
  return { engine: 'ClusterPolicy', failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None', ...more };
}

describe('the name of a policy', () => {
  it('is the plain one for default settings, with whatever engine', () => {
    for (const engine of ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const) {
      expect(policyName(settings({ engine }))).to.equal('registry-mirrors');
    }
  });

  it('ends in a hash for all others', () => {
    const names = [settings({ failurePolicy: 'Ignore' }), settings({ podSelector: { matchLabels: { a: 'b' } } })].map(
      policyName,
    );
    for (const name of names) expect(name).to.match(/^registry-mirrors-[0-9a-f]{10}$/);
    expect(new Set(names).size).to.equal(2);
  });

  it('tells its own parts from policies of other settings, also where a hash is all digits', () => {
    expect(isPartOf('registry-mirrors', 'registry-mirrors')).to.equal(true);
    expect(isPartOf('registry-mirrors', partName('registry-mirrors', 12))).to.equal(true);
    expect(isPartOf(OTHER, partName(OTHER, 2))).to.equal(true);
    for (const name of [OTHER, partName(OTHER, 2), 'registry-mirrors-cdcd8bd453', 'registry-mirrors-', 'registry']) {
      expect(isPartOf('registry-mirrors', name), name).to.equal(false);
    }
    expect(isPartOf(OTHER, 'registry-mirrors')).to.equal(false);
  });

  it('is found in the name of its webhook', () => {
    for (const name of ['registry-mirrors', 'registry-mirrors-2', OTHER, `${OTHER}-11`]) {
      expect(policyNameIn(`mutate.kyverno.svc-fail-finegrained-${name}`)).to.equal(name);
      expect(policyNameIn(`mpol.validate.kyverno.svc-ignore-finegrained-${name}`)).to.equal(name);
    }
    expect(policyNameIn('mutate.kyverno.svc-fail')).to.equal(undefined);
    expect(policyNameIn('mutate.kyverno.svc-fail-finegrained-registry-mirrors-of-mine')).to.equal(undefined);
  });

  it('makes a policy, or a binding, ours without its label only where our annotations are on it', () => {
    const annotations = { 'registrymirror.io/mirrors': '[]' };
    const labels = { 'registrymirror.io/managed-by': 'registry-mirror-operator' };
    expect(isOurs({ metadata: { name: 'whatever', labels } })).to.equal(true);
    expect(isOurs({ metadata: { name: 'registry-mirrors', annotations } })).to.equal(true);
    expect(isOurs({ metadata: { name: `${OTHER}-2`, annotations } })).to.equal(true);
    // A binding has no list of mirrors.
    const form = { 'registrymirror.io/form-version': '8' };
    expect(isOurs({ metadata: { name: 'registry-mirrors', annotations: form } })).to.equal(true);
    expect(isOurs({ metadata: { name: 'registry-mirrors' } })).to.equal(false);
    expect(isOurs({ metadata: { name: 'registry-mirrors-of-mine', annotations } })).to.equal(false);
  });

  it('is known of each content that a webhook shows', () => {
    const webhook = {
      name: 'mutate.kyverno.svc-fail-finegrained-registry-mirrors-2',
      matchConditions: [{ name: 'mirrored-image-0123456789', expression: 'true' }],
      admissionReviewVersions: ['v1'],
      clientConfig: {},
      sideEffects: 'None',
    };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- as it comes from the API server
    expect(webhookContents([{ webhooks: [webhook] }])).to.deep.equal([
      { contentHash: '0123456789', policy: 'registry-mirrors-2' },
    ]);
  });
});
