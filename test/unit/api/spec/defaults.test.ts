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

  it('gets defaults within what it says, and nothing that it doesn’t', () => {
    const upstream = { type: 'quay' };
    expect(withDefaults({ metadata, spec: { upstream } }).spec).not.to.have.property('probe');
    const { spec } = withDefaults({ metadata, spec: { upstream, probe: { image: 'a/b' } } });
    expect(spec.probe).to.deep.equal({ image: 'a/b', interval: '15m' });
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
