import { expect } from 'chai';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborClient } from '../../../../src/harbor/client.js';
import type { HarborError } from '../../../../src/harbor/http/errors.js';
import { LeaseLostError } from '../../../../src/kubernetes/errors.js';
import { startHarbor } from '../../../harbor/index.js';
import type { HarborStandIn } from '../../../harbor/index.js';

const UPSTREAM = { name: 'quay', type: 'docker-registry', url: 'https://quay.io', description: '', insecure: false };

describe('a write to Harbor, where another replica may work by now', () => {
  let harbor: HarborStandIn;
  let client: HarborClient;
  /** How many writes begin before the lease is lost. */
  let allowed: number;

  beforeEach(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {} } });
    allowed = 0;
    const mayWrite = (): void => {
      if (allowed-- <= 0) throw new LeaseLostError('The lease is lost.');
    };
    const connection = { url: harbor.url, ...harbor.addRobot('operator') };
    client = createHarborClient(connection, { retryDelayMs: 1, mayWrite });
  });

  afterEach(async () => {
    client.close();
    await harbor.stop();
  });

  it('is not sent, and says that surely nothing happened; reads go on', async () => {
    const error: unknown = await client.createEndpoint(UPSTREAM).catch((reason: unknown) => reason);
    expect(error).to.include({ name: 'HarborError', kind: 'aborted', mayHaveHappened: false });
    expect((error as HarborError).message).to.include('not sent: The lease is lost.');
    expect((await client.listEndpoints()).items).to.deep.equal([]);
    expect(harbor.writes()).to.be.empty;
  });

  it('is not repeated once the lease is lost', async () => {
    allowed = 1;
    const unavailable = { kind: 'answer', status: 503 } as const;
    const fault = harbor.inject({ method: 'DELETE', route: '/registries/{id}' }, unavailable, Infinity);
    const error: unknown = await client.deleteEndpoint(1).catch((reason: unknown) => reason);
    expect(error).to.include({ kind: 'aborted' });
    expect(fault.hits).to.equal(1);
  });
});
