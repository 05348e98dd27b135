import { expect } from 'chai';

import { explained } from '../../../src/cli/offline/explained.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';
import { mirror } from './entries.js';

/** What a policy does and what `render --explain` says of it, without what names it. */
function specOf(engine: PolicyEngine, injected?: 'Always'): string {
  const settings = { ...DEFAULT_SETTINGS, engine, ...(injected === undefined ? {} : { injected }) };
  const [policy] = renderPolicies([{ entry: mirror('quay'), settings }], { excludedNamespaces: ['kube-*'] });
  if (policy === undefined) throw new Error('No policy was rendered.');
  const [, spec = ''] = explained(policy.object, policy.explanations).split('\nspec:\n');
  return spec.replaceAll(policy.contentHash, 'HASH');
}

/** The comment in front of a line, as one text. */
function commentBefore(line: string, spec: string): string {
  const lines = spec.split('\n');
  const end = lines.findIndex((each) => each.startsWith(line));
  const start = lines.findLastIndex((each, at) => at < end && !each.trimStart().startsWith('#')) + 1;
  return lines
    .slice(start, end)
    .map((each) => each.replace(/^ *# /, ''))
    .join(' ');
}

describe('a policy, where later webhooks add containers to Pods,', () => {
  it('is for any new Pod with injected: Always, where it is asked again (MutatingAdmissionPolicy)', () => {
    const anyNewPod = 'request.operation == "CREATE" ||\n        // An image of one of these registries.';
    expect(specOf('MutatingAdmissionPolicy', 'Always')).to.include(anyNewPod);
    expect(specOf('MutatingAdmissionPolicy')).to.not.include(anyNewPod);
  });

  it('is the same with injected: Always, where it is never asked again (MutatingPolicy)', () => {
    expect(specOf('MutatingPolicy', 'Always')).to.equal(specOf('MutatingPolicy'));
  });

  it('says with --explain what comes of it', () => {
    expect(commentBefore('  webhookConfiguration:', specOf('ClusterPolicy'))).to.include('reinvocationPolicy IfNeeded');
    const before = (engine: PolicyEngine): string => commentBefore('  reinvocationPolicy: IfNeeded', specOf(engine));
    expect(before('MutatingPolicy')).to.include('registers its webhook with reinvocationPolicy Never');
    expect(before('MutatingAdmissionPolicy')).to.include('once more for a Pod that a webhook has changed since');
  });
});
