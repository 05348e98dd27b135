import { expect } from 'chai';
import { withDefaults } from '../../../../src/api/spec/defaults.js';

const metadata = { name: 'quay' };

describe('A mirror from a file', () => {
  it('gets what the CRD defaults', () => {
    const { spec, status } = withDefaults({ metadata, spec: { upstream: { type: 'quay' } } });
    expect(spec.upstream).to.deep.equal({ type: 'quay', insecureSkipTLSVerify: false });
    expect(spec.rewrite.engine).to.equal('ClusterPolicy');
    expect(spec.interval).to.equal('10m');
    expect(status).to.deep.equal({ observedGeneration: -1 });
  });

  it('keeps what it says, also beside defaults', () => {
    const rewrite = { engine: 'None', repositories: { include: ['a/**'] } };
    const { spec } = withDefaults({
      metadata,
      spec: { upstream: { type: 'quay', hosts: ['quay.io'] }, rewrite, suspend: true },
    });
    expect(spec.upstream.hosts).to.deep.equal(['quay.io']);
    expect(spec.rewrite).to.deep.include({ ...rewrite, failurePolicy: 'Fail' });
    expect(spec.suspend).to.equal(true);
  });

  it('takes null for left out, as the API server does', () => {
    const { spec } = withDefaults({ metadata, spec: { upstream: { type: 'quay' }, rewrite: null, interval: null } });
    expect(spec.rewrite.failurePolicy).to.equal('Fail');
    expect(spec.interval).to.equal('10m');
  });
});
