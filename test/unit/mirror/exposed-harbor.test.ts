import { expect } from 'chai';
import { Lab } from './lab.js';

describe('a mirror whose Harbor runs among the Pods that are rewritten', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  it('is Ready and warns, until the namespace is excluded', async () => {
    lab.exposed = (harborUrl) => (harborUrl === lab.harbor.url ? 'Harbor in registry.' : undefined);
    lab.apply('hub', { upstream: { type: 'docker-hub' } });
    await lab.untilReady('hub');
    expect(lab.says('hub', 'NamespacesExcluded')).to.equal('False NamespaceNotExcluded');
    lab.exposed = () => undefined;
    await lab.look('hub');
    expect(lab.says('hub', 'NamespacesExcluded')).to.equal('absent');
    expect(lab.says('hub', 'Ready')).to.equal('True Succeeded');
  });
});
