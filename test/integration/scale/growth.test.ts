import { expect } from 'chai';
import { findCondition } from '../../../src/api/conditions.js';
import { MIRRORS_PER_POLICY } from '../../../src/engines/placement/parts.js';
import { createAll, createMirrors, listMirrors, untilAllReady } from '../../support/fleet.js';
import { OPERATOR_USER } from '../../support/operator.js';
import { podsDuring } from '../../support/pod-stream.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS, PULL_HOST } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const POLICIES = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies';
const FULL = 100;

describe('The first mirror that a policy has no room for', function () {
  this.timeout(180_000);
  const world = useBareWorld({ env: { MIRRORS_PER_POLICY: String(FULL) } });
  const rewrite = { engine: 'MutatingAdmissionPolicy' };

  async function policies(): Promise<readonly string[]> {
    const { items } = await world().cluster.api.json<{ items: readonly { metadata: { name: string } }[] }>(
      'GET',
      POLICIES,
    );
    return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('registry-mirrors'));
  }

  it('gets a second policy, and so do those after it, while all others stay Ready and where they are', async () => {
    await createAll(world(), createMirrors('full', FULL, { rewrite }));
    await untilAllReady(world(), FULL, 120_000);
    expect(await policies()).to.have.length(1);
    const mark = await world().cluster.audit.mark();
    for (let i = 1; i <= 4; i += 1) {
      await createAll(world(), createMirrors(`more-${i}`, 2, { rewrite }));
      await untilAllReady(world(), FULL + 2 * i);
    }
    expect(await policies()).to.have.length(2);
    const writes = await world().cluster.audit.writes({ user: OPERATOR_USER }, mark);
    const ofPolicies = writes.filter(({ resource }) => resource === 'mutatingadmissionpolicies');
    expect(ofPolicies.length).to.be.at.most(8);
    const ofStatus = writes.filter(({ resource, name }) => resource === 'registrymirrors' && name?.startsWith('full-'));
    expect(ofStatus).to.deep.equal([]);
  });

  it('lets the second one go with the last of its mirrors, and the first one keeps its own', async () => {
    const { api } = world().cluster;
    const more = (await listMirrors(world())).filter(({ metadata }) => metadata.name.startsWith('more-'));
    for (const { metadata } of more) await api.json('DELETE', `${MIRRORS}/${metadata.name}`);
    await eventually(
      async () => {
        expect(await listMirrors(world())).to.have.length(FULL);
        expect(await policies()).to.have.length(1);
      },
      { timeoutMs: 60_000 },
    );
    for (const { status } of await listMirrors(world())) {
      expect(findCondition(status.conditions, 'Ready')?.status).to.equal('True');
    }
  });
  it('go into one policy where it may have more than before, as after an upgrade, and their Pods notice nothing', async () => {
    // No controllers run here to make it, but another spec may have.
    const metadata = { name: 'default', namespace: 'default' };
    await world().cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }]);
    const late = createMirrors('late', 3, { rewrite });
    await createAll(world(), late);
    await untilAllReady(world(), FULL + late.length);
    expect(await policies()).to.have.length(2);
    const mirrored = ['full-0', ...late.map(({ metadata }) => metadata.name)];
    const seen = await podsDuring(
      world(),
      mirrored.map((name) => `${name}.example.org/app:1`),
      async () => {
        await world().operator.stop();
        await world().startOperator({
          env: { MIRRORS_PER_POLICY: String(MIRRORS_PER_POLICY.MutatingAdmissionPolicy) },
        });
        await eventually(
          async () => {
            expect(await policies()).to.have.length(1);
          },
          { timeoutMs: 60_000 },
        );
      },
    );
    expect(seen).to.deep.equal(
      Object.fromEntries(mirrored.map((name) => [`${name}.example.org/app:1`, [`${PULL_HOST}/${name}/app:1`]])),
    );
    await untilAllReady(world(), FULL + late.length);
  });
});
