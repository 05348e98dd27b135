import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { useCrd } from './use-crd.js';
import { collection, mirror, quay } from './mirror.js';

const now = '2026-01-01T00:00:00Z';
const message = 'Pods pull quay.io images through harbor.example.org/quay.';
const readyStatus = {
  observedGeneration: 1,
  pullPrefix: 'harbor.example.org/quay',
  hosts: ['quay.io', 'cdn.quay.io'],
  harbor: {
    url: 'https://harbor.example.org',
    endpointID: 7,
    endpointType: 'docker-registry',
    projectID: 12,
    projectName: 'quay',
  },
  policy: { kind: 'ClusterPolicy', name: 'registry-mirrors-3f9a' },
  conditions: [
    { type: 'EndpointReady', status: 'True', reason: 'InSync', message: 'x', lastTransitionTime: now },
    { type: 'Ready', status: 'True', reason: 'InSync', message, lastTransitionTime: now },
  ],
};

/** kubectl pads its columns with three spaces. */
function cells(line: string | undefined): readonly string[] {
  return (line ?? '').trim().split(/ {2,}/);
}

describe('A RegistryMirror', () => {
  const cluster = useCrd();
  const path = `${collection}/quay`;

  beforeEach(async () => cluster().api.json('POST', collection, mirror('quay', { upstream: quay })));
  afterEach(async () => cluster().api.json('DELETE', path));

  async function setStatus(status: object): Promise<void> {
    await cluster().api.json('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
  }

  it('fresh from kubectl apply is not ready, neither for kubectl wait nor for who compares generations', async () => {
    const { metadata, status } = await cluster().api.json<RegistryMirror>('GET', path);
    expect(metadata.generation).to.equal(1);
    expect(status.observedGeneration).to.equal(-1);
    const wait = await cluster().kubectl(['wait', '--for=condition=Ready', '--timeout=1s', 'rmirror/quay']);
    expect(wait.code).to.not.equal(0);
    expect(wait.stderr).to.include('timed out waiting for the condition on registrymirrors/quay');
  });

  it('with the condition Ready True ends kubectl wait', async () => {
    await setStatus(readyStatus);
    const wait = await cluster().kubectl(['wait', '--for=condition=Ready', '--timeout=5s', 'rmirror/quay']);
    expect(wait.stdout).to.equal('registrymirror.registrymirror.io/quay condition met\n');
  });

  it('shows its state in the columns of kubectl get', async () => {
    await setStatus(readyStatus);
    const [header, row] = (await cluster().kubectl(['get', 'registrymirrors'])).stdout.split('\n');
    expect(cells(header)).to.deep.equal(['NAME', 'UPSTREAM', 'PULL-PREFIX', 'READY', 'STATUS', 'AGE']);
    expect(cells(row).slice(0, -1)).to.deep.equal(['quay', 'quay.io', 'harbor.example.org/quay', 'True', 'InSync']);
  });

  it('shows more in the columns of kubectl get -o wide', async () => {
    await setStatus(readyStatus);
    const [header, row] = (await cluster().kubectl(['get', 'rmirror', '-o', 'wide'])).stdout.split('\n');
    expect(cells(header).slice(6)).to.deep.equal(['TYPE', 'ENGINE', 'ENDPOINT', 'MESSAGE']);
    expect(cells(row).slice(6)).to.deep.equal(['docker-registry', 'ClusterPolicy', '7', message]);
  });

  it('is listed without an error while it has no status', async () => {
    const result = await cluster().kubectl(['get', 'harbor', '-o', 'wide']);
    expect(result.stderr).to.equal('');
    expect(cells(result.stdout.split('\n')[1])[0]).to.equal('quay');
  });

  it('keeps its status when its spec is applied, and its generation when its status changes', async () => {
    await setStatus(readyStatus);
    await cluster().apply([
      { ...mirror('quay', { upstream: quay, interval: '20m' }), status: { observedGeneration: 99 } },
    ]);
    const { metadata, spec, status } = await cluster().api.json<RegistryMirror>('GET', path);
    expect(spec.interval).to.equal('20m');
    expect(metadata.generation).to.equal(2);
    expect(status.observedGeneration).to.equal(1);
  });

  it('explains every field', async () => {
    const { stdout } = await cluster().kubectl(['explain', 'registrymirrors.spec.rewrite.engine']);
    expect(stdout.replaceAll(/\s+/g, ' ')).to.include("MutatingAdmissionPolicy is the API server's own");
  });
});
