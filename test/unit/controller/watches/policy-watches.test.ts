import { expect } from 'chai';
import { PolicyWatches } from '../../../../src/controller/watches/policy-watches.js';
import { LABELS, OPERATOR } from '../../../../src/api/group.js';
import type { PolicyEngine } from '../../../../src/engines/settings.js';
import { ENGINES } from '../../../../src/engines/engines.js';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { resourcePath } from '../../../../src/kubernetes/objects.js';
import { createLog } from '../../../../src/log.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../../kubernetes/stub-api-server.js';

const PATH = resourcePath(ENGINES.ClusterPolicy.resource);
const OURS = { metadata: { name: 'registry-mirrors', labels: { [LABELS.managedBy]: OPERATOR } } };

describe('the policies of a cluster', () => {
  let server: StubApiServer;
  let watches: PolicyWatches;
  let refusals: number;
  /** The kind of policy that a mirror says it is in. */
  let named: PolicyEngine | undefined;

  beforeEach(async () => {
    server = await new StubApiServer().start();
    refusals = 0;
    named = undefined;
    watches = new PolicyWatches({
      api: new KubernetesApi(server.kubeConfig()),
      log: createLog('error'),
      isNamed: (kind) => kind === named,
    });
  });

  afterEach(async () => {
    await Promise.all(watches.collections().map(async ({ informer }) => informer.stop()));
    await server.stop();
  });

  async function untilKnown(): Promise<void> {
    for (const { informer } of watches.collections()) informer.start();
    await eventually(() => {
      expect(watches.knowledge('ClusterPolicy').kind).to.equal('known');
    });
  }

  /** Says of the kind that it isn't there, as of any path that is none. */
  function takeAway(): void {
    server.fault = ({ path }) => {
      if (!path.startsWith(PATH)) return undefined;
      refusals += 1;
      return { kind: 'Answer', status: 404, body: '404 page not found' };
    };
    server.endWatches('hard');
  }

  async function untilRefused(): Promise<void> {
    const before = refusals;
    await eventually(() => {
      expect(refusals).to.be.at.least(before + 3);
    });
  }

  it('stay known while the API server says for a moment that it lacks their kind', async () => {
    server.objects.create(PATH, OURS);
    await untilKnown();
    takeAway();
    await untilRefused();
    expect(watches.knowledge('ClusterPolicy').kind).to.equal('known');
    expect(watches.policies().map(({ object }) => object.metadata.name)).to.deep.equal(['registry-mirrors']);
  });

  it('are missing at once where there are none of ours in the kind that is gone', async () => {
    await untilKnown();
    takeAway();
    await untilRefused();
    expect(watches.knowledge('ClusterPolicy').kind).to.equal('missing');
  });

  it('are not taken for missing by an operator that starts while the API server says for a moment that it lacks their kind', async () => {
    server.objects.create(PATH, OURS);
    named = 'ClusterPolicy';
    takeAway();
    for (const { informer } of watches.collections()) informer.start();
    await untilRefused();
    expect(watches.knowledge('ClusterPolicy').kind).to.equal('reading');
    server.fault = (): undefined => undefined;
    await eventually(() => {
      expect(watches.knowledge('ClusterPolicy').kind).to.equal('known');
    });
    expect(watches.policies()).to.have.lengthOf(1);
  });

  it('are not taken for deleted while their kind is not served', async () => {
    server.objects.create(PATH, OURS);
    await untilKnown();
    takeAway();
    const outcome = await watches.deletePolicy('ClusterPolicy', 'registry-mirrors').catch((error: unknown) => error);
    expect(outcome).to.have.property('kind', 'notFound');
    expect(watches.policies()).to.have.lengthOf(1);
  });

  describe('is to be deleted', () => {
    const FOREIGN = { metadata: { name: 'registry-mirrors' } };

    async function deletePolicy(): Promise<unknown> {
      return await watches.deletePolicy('ClusterPolicy', 'registry-mirrors').catch((error: unknown) => error);
    }

    it('and somebody has made another one of its name, which the watch has not told of yet', async () => {
      server.objects.create(PATH, OURS);
      await untilKnown();
      server.fault = ({ query }) => (query.has('watch') ? { kind: 'Hang' } : undefined);
      server.endWatches('hard');
      server.objects.remove(PATH, 'registry-mirrors');
      server.objects.create(PATH, FOREIGN);
      expect(await deletePolicy()).to.have.property('kind', 'conflict');
      expect(server.objects.get(PATH, 'registry-mirrors').metadata).to.not.have.property('labels');
    });

    it('where it was written a moment ago, and the watch has not told of it yet', async () => {
      server.objects.create(PATH, OURS);
      expect(await deletePolicy()).to.equal(undefined);
      expect(server.objects.list(PATH)).to.deep.equal([]);
    });

    it('and somebody else’s has the name, which the watch has not told of yet', async () => {
      server.objects.create(PATH, FOREIGN);
      expect(await deletePolicy()).to.equal(undefined);
      expect(server.objects.list(PATH)).to.have.lengthOf(1);
    });
  });
});
