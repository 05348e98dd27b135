import { expect } from 'chai';
import { createAll, createMirrors, untilAllReady } from '../../support/fleet.js';
import { OPERATOR_USER } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const COUNT = 100;
/** Pages of the list of projects that may be read meanwhile, whatever the number of mirrors that go: it is read once a minute at most. */
const LISTS = 8;
const POLICIES = ['mutatingadmissionpolicies', 'clusterpolicies', 'mutatingpolicies'];

describe('A hundred mirrors with a rewrite', function () {
  this.timeout(180_000);
  const world = useBareWorld({ env: { HEALTH_INTERVAL: '10m' } });

  /** What the operator does from now on. */
  async function count(): Promise<{
    looks(): number;
    policyWrites(): Promise<number>;
    api(): Promise<Record<string, number>>;
  }> {
    const { operator, cluster, harbor } = world();
    const looksSoFar = (): number =>
      operator.log().filter(({ message }) => message === 'The mirror was looked at.').length;
    const before = looksSoFar();
    harbor.resetCounts();
    const mark = await cluster.audit.mark();
    const writes = async (): Promise<readonly { verb: string; resource: string }[]> =>
      cluster.audit.writes({ user: OPERATOR_USER }, mark);
    return {
      looks: () => looksSoFar() - before,
      policyWrites: async () => {
        const all = await writes();
        return all.filter(({ verb, resource }) => verb === 'patch' && POLICIES.includes(resource)).length;
      },
      api: async () => {
        const counts: Record<string, number> = {};
        for (const { verb, resource } of await writes()) {
          if (!resource.startsWith('mutating'))
            counts[`${verb} ${resource}`] = (counts[`${verb} ${resource}`] ?? 0) + 1;
        }
        return counts;
      },
    };
  }

  it('that are made at once cost three looks, two Harbor writes and one status each, and at most five writes of the policy', async () => {
    const counts = await count();
    const spec = { rewrite: { engine: 'MutatingAdmissionPolicy' }, deletionPolicy: 'Delete' };
    await createAll(world(), createMirrors('burst', COUNT, spec));
    await untilAllReady(world(), COUNT, 120_000);
    expect(counts.looks()).to.be.at.most(3 * COUNT);
    expect(world().harbor.writes()).to.have.length(2 * COUNT);
    expect(await counts.policyWrites()).to.be.at.most(5);
    await eventually(async () => {
      expect(await counts.api()).to.deep.equal({
        'patch registrymirrors': COUNT,
        'patch registrymirrors/status': COUNT,
        'create events': COUNT,
      });
    });
  });

  it('that are deleted at once leave the policy by at most five writes, and then nothing in Harbor', async () => {
    const counts = await count();
    const { harbor, cluster } = world();
    await cluster.api.json('DELETE', MIRRORS);
    await eventually(
      async () => {
        const { items } = await cluster.api.json<{ items: readonly unknown[] }>('GET', MIRRORS);
        expect(items).to.have.length(0);
      },
      { timeoutMs: 120_000 },
    );
    expect(await counts.policyWrites()).to.be.at.most(5);
    expect(harbor.endpoint('burst-0')).to.be.undefined;
    expect(harbor.writes().filter(({ method }) => method === 'DELETE')).to.have.length(2 * COUNT);
    // Of each its endpoint, the projects on it, and the images in its cache: nothing of the others.
    const reads = (route: string): number => harbor.count({ method: 'GET', route });
    expect(reads('/registries/{id}')).to.equal(COUNT);
    expect(reads('/projects/{project_name}/repositories')).to.equal(COUNT);
    expect(reads('/projects')).to.be.within(COUNT, COUNT + LISTS);
  });
});
