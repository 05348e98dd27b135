import { expect } from 'chai';
import { parse, stringify } from 'yaml';

import type { MirrorEntry } from '../../../src/engines/entry.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicySettings } from '../../../src/engines/settings.js';
import { WORDS } from '../../../src/engines/syntax/words.js';
import { mirror } from './entries.js';

const SETTINGS: PolicySettings = {
  engine: 'ClusterPolicy',
  failurePolicy: 'Fail',
  podsWithPullSecrets: 'Skip',
  pullSecret: 'None',
};

function policyOf(entries: readonly MirrorEntry[], settings: Partial<PolicySettings> = {}): RenderedPolicy {
  const placed = entries.map((entry) => ({ entry, settings: { ...SETTINGS, ...settings } }));
  const [policy] = renderPolicies(placed, { excludedNamespaces: ['kube-*', 'kyverno', 'harbor'] });
  if (policy === undefined) throw new Error('No policy was rendered.');
  return policy;
}

/** As `kubectl get -o yaml` prints it. */
function yamlOf({ object }: RenderedPolicy): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

describe('a ClusterPolicy, as a person reads it', () => {
  it('sees every new Pod where others may add containers to it later, and no more updates than without', () => {
    const conditionOf = (settings: Partial<PolicySettings>): string => {
      const { spec } = parse(yamlOf(policyOf([mirror('quay')], settings))) as {
        readonly spec: {
          readonly webhookConfiguration: { readonly matchConditions: readonly { expression: string }[] };
        };
      };
      return spec.webhookConfiguration.matchConditions.map(({ expression }) => expression).join();
    };
    expect(conditionOf({ injected: 'Always' })).to.match(/\n\(request\.operation == 'CREATE' \|\| \(\n[^]*quay\.io/);
    expect(conditionOf({})).to.not.include("(request.operation == 'CREATE' || (\n");
  });

  it('says in a plain map which host is pulled from where', () => {
    expect(yamlOf(policyOf([mirror('quay'), mirror('docker', { hosts: ['docker.io'] })]))).to.include(
      [
        '- name: mirrors',
        '  variable:',
        '    value:',
        '      docker.io: harbor.example.org/docker',
        '      index.docker.io: harbor.example.org/docker',
        '      quay.io: harbor.example.org/quay',
        '',
      ]
        .map((line) => (line === '' ? line : `              ${line}`))
        .join('\n'),
    );
  });
});

describe('a text from outside in a ClusterPolicy', () => {
  const HOSTILE = ["q'uay.io", 'q{{ x }}', 'q$(x)', 'q`', 'q"', 'q\n', "x'''y"];

  it('stands nowhere as it is where Kyverno, CEL or JMESPath may take it for more than text', () => {
    for (const text of HOSTILE) {
      const { object } = policyOf([
        mirror('m', { hosts: [text], pullPrefix: text }),
        mirror('n', { hosts: ['x'], include: [text] }),
      ]);
      const rules = JSON.stringify(object.spec);
      expect(rules, text).to.not.include(JSON.stringify(text).slice(1, -1));
    }
  });

  it('has no word in an expression that Kyverno takes for a variable', () => {
    const mirrors = WORDS.flatMap((word) => [
      mirror(word),
      mirror(`m-${word}`, {
        hosts: [`${word}.test`],
        pullPrefix: `harbor.test/${word}`,
        include: [`${word}/**`, `a/${word}`, `x-${word}/*`],
      }),
    ]);
    const texts = expressionsOf(policyOf(mirrors, { pullSecret: 'Inject' })).flatMap(
      (text) => text.match(/'[^']*'|`[^`]*`/g) ?? [],
    );
    const word = new RegExp(`(?:^|[^.0-9A-Za-z])(?:${WORDS.join('|')})\\b`);
    expect(texts.filter((text) => word.test(text) && !text.startsWith('`{{'))).to.deep.equal([]);
  });

  it('is kept apart from all steps', () => {
    const all = [policyOf([mirror('m')], { pullSecret: 'Inject' }), policyOf([mirror('m')])];
    expect(WORDS).to.include.members(all.flatMap(stepsOf).map(({ name }) => name));
  });
});

interface Steps {
  readonly mutate: { readonly foreach: readonly { readonly context: readonly Step[] }[] };
}

interface Step {
  readonly name: string;
  readonly variable: { readonly jmesPath?: string };
}

function stepsOf({ object }: RenderedPolicy): readonly Step[] {
  const { rules } = object.spec as { readonly rules: readonly Steps[] };
  return rules.flatMap(({ mutate }) => mutate.foreach.flatMap(({ context }) => context));
}

function expressionsOf(policy: RenderedPolicy): readonly string[] {
  return stepsOf(policy).map(({ variable }) => variable.jmesPath ?? '');
}
