import { expect } from 'chai';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { injectedSecrets, pullSecretName } from '../../../src/engines/pull-secret.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';

const entry = (mirror: string, pullPrefix = `harbor.test/${mirror}`): MirrorEntry => ({
  mirror,
  hosts: [`${mirror}.test`],
  pullPrefix,
  include: [],
  exclude: [],
});

describe('the Secrets of a policy', () => {
  it('are named after the mirror and what it serves', () => {
    expect(pullSecretName(entry('team'))).to.match(/^registry-mirror-pull-team-[0-9a-f]{10}$/);
    expect(pullSecretName(entry('team'))).to.not.equal(pullSecretName(entry('team', 'harbor.test/other')));
    expect(pullSecretName(entry('a', 'p'))).to.not.equal(pullSecretName(entry('b', 'p')));
  });

  it('have names that Kubernetes takes, however long the mirror’s is', () => {
    for (const name of ['x'.repeat(253), `${'x'.repeat(199)}.${'y'.repeat(50)}`, 'a.b-c']) {
      const secret = pullSecretName(entry(name));
      expect(secret.length).to.be.at.most(253);
      expect(secret).to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }
  });

  it('are none without Inject', () => {
    expect(injectedSecrets([entry('a')], { pullSecret: 'None' })).to.deep.equal([]);
    expect(injectedSecrets([entry('b'), entry('a')], { pullSecret: 'Inject' }).map(({ name }) => name)).to.deep.equal([
      pullSecretName(entry('a')),
      pullSecretName(entry('b')),
    ]);
  });

  for (const engine of [
    'ClusterPolicy',
    'MutatingPolicy',
    'MutatingAdmissionPolicy',
  ] as const satisfies PolicyEngine[]) {
    it(`leave no trace in a policy without Inject (${engine})`, () => {
      const text = (pullSecret: 'None' | 'Inject'): string => {
        const settings = { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Rewrite', pullSecret } as const;
        return JSON.stringify(renderPolicies([{ entry: entry('team'), settings }], { excludedNamespaces: [] }));
      };
      expect(text('None')).to.not.include('imagePullSecrets');
      expect(text('Inject')).to.include('imagePullSecrets');
    });
  }
});
