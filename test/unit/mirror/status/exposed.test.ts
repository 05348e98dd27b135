import { expect } from 'chai';
import { LABELS } from '../../../../src/api/group.js';
import type { Selector } from '../../../../src/engines/conditions/label-selector.js';
import { contentCondition } from '../../../../src/engines/webhooks.js';
import type { WebhookCalls } from '../../../../src/engines/webhooks.js';
import { exposed } from '../../../../src/mirror/status/exposed.js';
import { mirror } from '../mirror.js';

/** Of a Kyverno whose Service is in this namespace; undefined: it is reached by a url. */
function kyvernoIn(
  namespace: string | undefined,
  condition = contentCondition('abc'),
  namespaceSelector?: Selector,
): WebhookCalls {
  const clientConfig = namespace === undefined ? {} : { service: { namespace } };
  const selector = namespaceSelector === undefined ? {} : { namespaceSelector };
  return { webhooks: [{ clientConfig, ...selector, matchConditions: [{ name: condition }] }] };
}

interface Case {
  readonly sentence: string;
  readonly webhooks?: readonly WebhookCalls[];
  readonly harborUrl?: string;
  readonly rewrite?: object;
  /** Of the namespace that Kyverno or Harbor runs in, beside its name; undefined: there is no such namespace. */
  readonly labels?: Readonly<Record<string, string>> | 'no such namespace';
  /** What runs where Pods are rewritten. */
  readonly warns: readonly string[];
}

const named = (...values: string[]): object => ({
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }] },
});
const optedOut = { [LABELS.rewrite]: 'disabled' };
const NAME = 'kubernetes.io/metadata.name';
const cases: readonly Case[] = [
  { sentence: 'nothing of a Kyverno in a namespace that is excluded', webhooks: [kyvernoIn('kyverno')], warns: [] },
  {
    sentence: 'of a Kyverno elsewhere, once',
    webhooks: [kyvernoIn('policy'), kyvernoIn('policy')],
    warns: ['Kyverno in policy'],
  },
  { sentence: 'nothing of a webhook that is not for our policies', webhooks: [kyvernoIn('policy', 'x')], warns: [] },
  { sentence: 'nothing of a Kyverno that is reached by a url', webhooks: [kyvernoIn(undefined)], warns: [] },
  {
    sentence: 'of a Harbor that is reached by its Service',
    harborUrl: 'http://harbor-core.registry.svc.cluster.local:8080',
    warns: ['Harbor in registry'],
  },
  { sentence: 'also by the short name', harborUrl: 'https://harbor.registry.svc', warns: ['Harbor in registry'] },
  { sentence: 'nothing of a Harbor in an excluded namespace', harborUrl: 'http://core.harbor-1.svc', warns: [] },
  { sentence: 'nothing of a Harbor that is anywhere', harborUrl: 'https://harbor.registry.example.org', warns: [] },
  {
    sentence: 'of both',
    webhooks: [kyvernoIn('policy')],
    harborUrl: 'http://core.registry.svc',
    warns: ['Harbor in registry', 'Kyverno in policy'],
  },
  {
    sentence: 'nothing of a Harbor whose namespace has opted out by its label',
    harborUrl: 'http://core.registry.svc',
    labels: optedOut,
    warns: [],
  },
  {
    sentence: 'nothing of a Harbor whose namespace is in another cluster',
    harborUrl: 'http://core.registry.svc',
    labels: 'no such namespace',
    warns: [],
  },
  {
    sentence: 'nothing of a Kyverno whose namespace has opted out, where Kyverno looks at labels before it is asked',
    webhooks: [kyvernoIn('policy')],
    rewrite: { engine: 'MutatingPolicy' },
    labels: optedOut,
    warns: [],
  },
  {
    sentence: 'nothing of a Kyverno whose namespace has opted out, where Pods are created without it',
    webhooks: [kyvernoIn('policy')],
    rewrite: { failurePolicy: 'Ignore' },
    labels: optedOut,
    warns: [],
  },
  {
    sentence: 'of a Kyverno that has to be there to see that its namespace has opted out',
    webhooks: [kyvernoIn('policy')],
    labels: optedOut,
    warns: ['Kyverno in policy'],
  },
  {
    sentence: 'nothing of a Kyverno whose webhook leaves out its own namespace',
    webhooks: [
      kyvernoIn('policy', contentCondition('abc'), {
        matchExpressions: [{ key: NAME, operator: 'NotIn', values: ['policy'] }],
      }),
    ],
    warns: [],
  },
  {
    sentence: 'of a Kyverno that has one webhook which leaves out its own namespace, and one which does not',
    webhooks: [kyvernoIn('policy', contentCondition('abc'), { matchLabels: { [NAME]: 'other' } }), kyvernoIn('policy')],
    warns: ['Kyverno in policy'],
  },
  {
    sentence: 'nothing of what the selector leaves out by name',
    harborUrl: 'http://core.registry.svc',
    rewrite: named('registry'),
    warns: [],
  },
  {
    sentence: 'of what the selector leaves in, though it leaves out others',
    harborUrl: 'http://core.registry.svc',
    rewrite: named('other'),
    warns: ['Harbor in registry'],
  },
  {
    sentence: 'nothing where the selector asks for a label that the namespace lacks',
    harborUrl: 'http://core.registry.svc',
    rewrite: { namespaceSelector: { matchLabels: { tier: 'web' } } },
    warns: [],
  },
  {
    sentence: 'of a namespace with the label that the selector asks for',
    harborUrl: 'http://core.registry.svc',
    rewrite: { namespaceSelector: { matchLabels: { tier: 'web' } } },
    labels: { tier: 'web' },
    warns: ['Harbor in registry'],
  },
  {
    sentence: 'nothing where no Pod is rewritten',
    webhooks: [kyvernoIn('policy')],
    rewrite: { engine: 'None' },
    warns: [],
  },
];

function surroundings(
  webhooks: readonly WebhookCalls[],
  labels: Case['labels'] = {},
): Parameters<typeof exposed>[1]['cluster'] {
  return {
    webhooks: () => webhooks,
    labelsOf: (name) => Promise.resolve(labels === 'no such namespace' ? undefined : { [NAME]: name, ...labels }),
  };
}

describe('The warning of what runs where Pods are rewritten', () => {
  for (const { sentence, webhooks = [], harborUrl, rewrite = {}, labels, warns } of cases) {
    it(`says ${sentence}`, async () => {
      const around = {
        cluster: surroundings(webhooks, labels),
        harborUrl,
        excludedNamespaces: ['kyverno', 'harbor-*'],
      };
      const message = (await exposed(mirror('hub', { spec: { rewrite } }), around)) ?? '';
      expect([...message.matchAll(/(?:Harbor|Kyverno) in [a-z]+/g)].map(([found]) => found)).to.deep.equal(warns);
    });
  }

  it('says what to do', async () => {
    const around = { cluster: surroundings([kyvernoIn('policy')]), harborUrl: undefined, excludedNamespaces: [] };
    expect(await exposed(mirror('hub'), around)).to.contain('Add policy to EXCLUDED_NAMESPACES');
  });

  it('reads the webhooks once, however many mirrors look', async () => {
    let reads = 0;
    const configuration = {
      get webhooks() {
        reads += 1;
        return kyvernoIn('policy').webhooks ?? [];
      },
    };
    const around = { cluster: surroundings([configuration]), harborUrl: undefined, excludedNamespaces: [] };
    for (let i = 0; i < 100; i += 1) expect(await exposed(mirror(`m-${i}`), around)).to.contain('Kyverno in policy');
    expect(reads).to.equal(1);
  });
});
