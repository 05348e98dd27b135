import { expect } from 'chai';
import { KubernetesApi } from '../../../src/kubernetes/api.js';
import { recordEvent } from '../../../src/kubernetes/event-recorder.js';
import { StubApiServer } from './stub-api-server.js';
import { mirror } from '../mirror/mirror.js';

interface Recorded {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly note: string;
  readonly eventTime: string;
  readonly regarding: unknown;
}

describe('the event recorder', () => {
  let server: StubApiServer;

  beforeEach(async () => {
    server = await new StubApiServer().start();
  });

  afterEach(async () => {
    await server.stop();
  });

  async function record(name: string, message: string): Promise<Recorded> {
    const api = new KubernetesApi(server.kubeConfig());
    await recordEvent(api, 'pod-1', mirror(name), { type: 'Warning', reason: 'HostConflict', message });
    return server.requests.at(-1)?.body as Recorded;
  }

  it('says what became of the mirror, in the namespace that the API server takes', async () => {
    const event = await record('quay', 'lost');
    expect(server.requests[0]?.path).to.equal('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(event).to.deep.include({
      type: 'Warning',
      reason: 'HostConflict',
      note: 'lost',
      reportingInstance: 'pod-1',
    });
    expect(event.regarding).to.include({ kind: 'RegistryMirror', name: 'quay', uid: 'uid-quay' });
    expect(event.eventTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('gives each event a name of its own that is valid, however long the mirror’s is', async () => {
    const names = [];
    for (const name of [
      'quay',
      'quay',
      `${'a'.repeat(199)}-${'b'.repeat(50)}`,
      `${'a'.repeat(198)}-.${'b'.repeat(50)}`,
    ]) {
      names.push((await record(name, 'x')).metadata.name);
    }
    expect(new Set(names).size).to.equal(4);
    for (const name of names) {
      expect(name).to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(name.length).to.be.at.most(253);
    }
  });

  it('cuts a note to what the API server takes, in bytes and between characters', async () => {
    const { note } = await record('quay', '€'.repeat(1000));
    expect(Buffer.byteLength(note)).to.be.within(1000, 1024);
    expect(note).to.match(/^€+…$/);
    expect((await record('quay', 'x'.repeat(1024))).note).to.have.length(1024);
  });
});
