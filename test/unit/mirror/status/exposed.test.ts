import { expect } from 'chai';
import { contentCondition } from '../../../../src/engines/webhooks.js';
import type { WebhookCalls } from '../../../../src/engines/webhooks.js';
import { exposed } from '../../../../src/mirror/status/exposed.js';
import { mirror } from '../mirror.js';

/** Of a Kyverno whose Service is in this namespace; undefined: it is reached by a url. */
function kyvernoIn(namespace: string | undefined, condition = contentCondition('abc')): WebhookCalls {
  const clientConfig = namespace === undefined ? {} : { service: { namespace } };
  return { webhooks: [{ clientConfig, matchConditions: [{ name: condition }] }] };
}

interface Case {
  readonly sentence: string;
  readonly webhooks?: readonly WebhookCalls[];
  readonly harborUrl?: string;
  readonly rewrite?: object;
  /** What runs where Pods are rewritten. */
  readonly warns: readonly string[];
}

const named = (...values: string[]): object => ({
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }] },
});
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
    sentence: 'nothing of what the selector leaves out by name',
    webhooks: [kyvernoIn('policy')],
    rewrite: named('policy'),
    warns: [],
  },
  {
    sentence: 'of what the selector leaves in, though it leaves out others',
    webhooks: [kyvernoIn('policy')],
    rewrite: named('other'),
    warns: ['Kyverno in policy'],
  },
  {
    sentence: 'nothing where the selector asks for a label',
    webhooks: [kyvernoIn('policy')],
    rewrite: { namespaceSelector: { matchLabels: { tier: 'web' } } },
    warns: [],
  },
  {
    sentence: 'nothing where no Pod is rewritten',
    webhooks: [kyvernoIn('policy')],
    rewrite: { engine: 'None' },
    warns: [],
  },
];

describe('The warning of what runs where Pods are rewritten', () => {
  for (const { sentence, webhooks = [], harborUrl, rewrite = {}, warns } of cases) {
    it(`says ${sentence}`, () => {
      const excludedNamespaces = ['kyverno', 'harbor-*'];
      const message = exposed(mirror('hub', { spec: { rewrite } }), { webhooks, harborUrl, excludedNamespaces }) ?? '';
      expect([...message.matchAll(/(?:Harbor|Kyverno) in [a-z]+/g)].map(([found]) => found)).to.deep.equal(warns);
    });
  }

  it('says what to do', () => {
    const surroundings = { webhooks: [kyvernoIn('policy')], harborUrl: undefined, excludedNamespaces: [] };
    expect(exposed(mirror('hub'), surroundings)).to.contain('Add policy to EXCLUDED_NAMESPACES');
  });

  it('reads the webhooks once, however many mirrors look', () => {
    let reads = 0;
    const configuration = {
      get webhooks() {
        reads += 1;
        return kyvernoIn('policy').webhooks ?? [];
      },
    };
    const surroundings = { webhooks: [configuration], harborUrl: undefined, excludedNamespaces: [] };
    for (let i = 0; i < 100; i += 1) expect(exposed(mirror(`m-${i}`), surroundings)).to.contain('Kyverno in policy');
    expect(reads).to.equal(1);
  });
});
