import { expect } from 'chai';
import { withDefaults } from '../../../src/api/spec/defaults.js';
import type { Rewrite } from '../../../src/api/registry-mirror.js';
import { policySettings, settingsText } from '../../../src/engines/settings.js';
import type { WantedSettings } from '../../../src/engines/settings.js';

function settings(rewrite: Partial<Rewrite>): WantedSettings | undefined {
  const spec = { upstream: { type: 'docker-hub' }, rewrite };
  return policySettings(withDefaults({ metadata: { name: 'hub' }, spec }).spec);
}

function text(rewrite: Partial<Rewrite>): string {
  const found = settings(rewrite);
  return found === undefined ? '' : settingsText(found);
}

describe('The settings of a policy', () => {
  it('say nothing of what has its default, so that a new field renames no policy', () => {
    expect(settings({})).to.deep.equal({
      engine: 'ClusterPolicy',
      failurePolicy: 'Fail',
      podsWithPullSecrets: 'Skip',
      pullSecret: 'None',
    });
    expect(text({ injected: 'BestEffort', ignorePullSecrets: [] })).to.equal(text({}));
  });

  it('tell mirrors apart that want injected containers rewritten or pull secrets ignored', () => {
    const texts = [{}, { injected: 'Always' as const }, { ignorePullSecrets: ['*-dockercfg-*'] }].map(text);
    expect(new Set(texts).size).to.equal(3);
  });

  it('are the same in whatever order the pull secrets to ignore stand', () => {
    expect(text({ ignorePullSecrets: ['b', 'a*'] })).to.equal(text({ ignorePullSecrets: ['a*', 'b'] }));
  });

  it('forget the pull secrets to ignore where none counts', () => {
    expect(text({ podsWithPullSecrets: 'Rewrite', ignorePullSecrets: ['a'] })).to.equal(
      text({ podsWithPullSecrets: 'Rewrite' }),
    );
  });
});
