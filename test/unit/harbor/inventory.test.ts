import { expect } from 'chai';
import { formatMark } from '../../../src/harbor/mark.js';
import { HarborInventory } from '../../../src/harbor/inventory.js';
import type { Endpoint, Listing, Project, Quota, Unreadable } from '../../../src/harbor/types.js';

/** A Harbor whose lists are answered when the test says so, with what it holds at that moment or held when asked. */
class FakeLists {
  readonly endpoints: Endpoint[] = [];
  readonly projects: Project[] = [];
  readonly unreadable: Record<'endpoints' | 'projects' | 'quotas', Unreadable[]> = {
    endpoints: [],
    projects: [],
    quotas: [],
  };
  readonly calls = { endpoints: 0, projects: 0, quotas: 0 };
  readonly #held: (() => void)[] = [];
  hold = false;

  listEndpoints = (): Promise<Listing<Endpoint>> => {
    this.calls.endpoints++;
    const seen = { items: [...this.endpoints], unreadable: this.unreadable.endpoints };
    return this.hold
      ? new Promise((resolve) => {
          this.#held.push(() => {
            resolve(seen);
          });
        })
      : Promise.resolve(seen);
  };

  listProjects = (): Promise<Listing<Project>> => {
    this.calls.projects++;
    return Promise.resolve({ items: [...this.projects], unreadable: this.unreadable.projects });
  };

  listQuotas = (): Promise<Listing<Quota>> => {
    this.calls.quotas++;
    const items = [{ id: 1, projectId: 12, projectName: 'p', hardBytes: -1, usedBytes: 0 }];
    return Promise.resolve({ items, unreadable: this.unreadable.quotas });
  };

  /** Lets the oldest read that waits go on, once there is one. */
  async release(): Promise<void> {
    while (this.#held.length === 0) await Promise.resolve();
    this.#held.shift()?.();
  }
}

function endpoint(id: number, name: string): Endpoint {
  return { id, name, type: 'docker-registry', url: 'https://x', description: '', insecure: false, status: 'healthy' };
}

function project(id: number, name: string, registryId: number): Project {
  return { id, name, registryId, metadata: {}, repositoryCount: 0 };
}

describe('the inventory of a Harbor', () => {
  let lists: FakeLists;
  let now: number;
  let inventory: HarborInventory;

  beforeEach(() => {
    lists = new FakeLists();
    now = 1000;
    inventory = new HarborInventory(lists, () => now);
  });

  it('serves a thousand mirrors from one read of each list', async () => {
    lists.endpoints.push(endpoint(1, 'a'));
    await Promise.all(Array.from({ length: 1000 }, () => inventory.view({ maxAgeMs: 60_000 })));
    now += 59_000;
    const view = await inventory.view({ maxAgeMs: 60_000 });
    expect(lists.calls).to.deep.equal({ endpoints: 1, projects: 1, quotas: 0 });
    expect(view.endpointByName('a')?.id).to.equal(1);
    expect(view.readAt).to.equal(1000);
  });

  it('reads again when the picture is older than asked for', async () => {
    await inventory.view({ maxAgeMs: 1000 });
    now += 1001;
    expect((await inventory.view({ maxAgeMs: 1000 })).readAt).to.equal(2001);
    expect(lists.calls.endpoints).to.equal(2);
  });

  it('reads quotas only for those who ask for them', async () => {
    const without = await inventory.view({ maxAgeMs: 1000 });
    const withQuotas = await inventory.view({ maxAgeMs: 1000, quotas: true });
    expect(without.quotaByProject(12)).to.be.undefined;
    expect(withQuotas.quotaByProject(12)?.id).to.equal(1);
    expect(lists.calls).to.deep.equal({ endpoints: 1, projects: 1, quotas: 1 });
  });

  it('looks up by id, name and endpoint', async () => {
    lists.endpoints.push(endpoint(1, 'a'), endpoint(2, 'b'));
    lists.projects.push(project(11, 'pa', 1), project(12, 'pb', 1), project(13, 'pc', 2));
    const view = await inventory.view({ maxAgeMs: 0 });
    expect(view.endpointById(2)?.name).to.equal('b');
    expect(view.projectByName('pc')?.id).to.equal(13);
    expect(view.projectById(11)?.name).to.equal('pa');
    expect(view.projectsByEndpoint(1).map(({ name }) => name)).to.deep.equal(['pa', 'pb']);
    expect(view.projectsByEndpoint(9)).to.deep.equal([]);
  });

  it('says that something is lost only where it was known before Harbor was asked, and the operator has not deleted it since', async () => {
    lists.endpoints.push(endpoint(1, 'a'), endpoint(2, 'b'));
    lists.projects.push(project(11, 'p', 1));
    const answer = (
      endpoints: readonly number[],
      projects: readonly number[],
      meanwhile: () => void = () => undefined,
    ) =>
      inventory.compare(() => {
        meanwhile();
        return Promise.resolve({
          endpoints: new Set(endpoints),
          unhealthy: new Set<number>(),
          projects: new Set(projects),
        });
      });
    expect(await answer([1, 2], [11])).to.equal('same');
    expect(await answer([1, 2], [])).to.equal('lost');
    const make = (): void => {
      inventory.record({ kind: 'endpointWritten', endpoint: endpoint(3, 'c') });
    };
    expect(await answer([1, 2], [11], make)).to.equal('same');
    expect(await answer([1, 2], [11])).to.equal('lost');
    const remove = (): void => {
      inventory.record({ kind: 'endpointDeleted', id: 3 });
    };
    expect(await answer([1, 2], [11], remove)).to.equal('same');
  });

  it('takes in what Harbor says of an upstream, unless the operator has written the endpoint since', async () => {
    lists.endpoints.push(endpoint(1, 'a'), endpoint(2, 'b'));
    const answer = (unhealthy: readonly number[], meanwhile: () => void = () => undefined) =>
      inventory.compare(() => {
        meanwhile();
        return Promise.resolve({ endpoints: new Set([1, 2]), unhealthy: new Set(unhealthy), projects: new Set() });
      });
    const statuses = async (): Promise<readonly (string | undefined)[]> =>
      (await inventory.view({ maxAgeMs: Infinity })).endpoints().map(({ status }) => status);
    expect(await answer([])).to.equal('same');
    expect(await answer([2])).to.equal('upstreams');
    expect(await statuses()).to.deep.equal(['healthy', 'unhealthy']);
    const wake = (): void => {
      inventory.record({ kind: 'endpointWritten', endpoint: endpoint(2, 'b') });
    };
    expect(await answer([2], wake)).to.equal('same');
    expect(await statuses()).to.deep.equal(['healthy', 'healthy']);
  });

  it('shows own writes at once, renames and moves included', async () => {
    lists.endpoints.push(endpoint(1, 'a'));
    lists.projects.push(project(11, 'p', 1));
    const view = await inventory.view({ maxAgeMs: 0 });
    inventory.record({ kind: 'endpointWritten', endpoint: endpoint(1, 'renamed') });
    inventory.record({ kind: 'projectWritten', project: project(11, 'p', 2) });
    expect(view.endpointByName('a')).to.be.undefined;
    expect(view.endpointByName('renamed')?.id).to.equal(1);
    expect(view.projectsByEndpoint(1)).to.deep.equal([]);
    inventory.record({ kind: 'projectDeleted', id: 11 });
    expect(view.projectByName('p')).to.be.undefined;
    expect(lists.calls.endpoints).to.equal(1);
  });

  it('does not lose an own write to a list that was read before it and answered after', async () => {
    lists.hold = true;
    const reading = inventory.view({ maxAgeMs: 0 });
    await Promise.resolve();
    await Promise.resolve();
    expect(lists.calls.endpoints).to.equal(1);
    inventory.record({ kind: 'endpointWritten', endpoint: endpoint(7, 'new') });
    await lists.release();
    expect((await reading).endpointByName('new')?.id).to.equal(7);
  });

  it('does not bring back what was deleted while the list was read', async () => {
    lists.hold = true;
    lists.endpoints.push(endpoint(1, 'a'));
    const reading = inventory.view({ maxAgeMs: 0 });
    await Promise.resolve();
    await Promise.resolve();
    inventory.record({ kind: 'endpointDeleted', id: 1 });
    await lists.release();
    expect((await reading).endpoints()).to.deep.equal([]);
  });

  it('gives those who ask during a read, and need it younger, one next read together', async () => {
    lists.hold = true;
    const first = inventory.view({ maxAgeMs: 0 });
    now += 10;
    const later = [1, 2, 3].map(() => inventory.view({ maxAgeMs: 0 }));
    const tolerant = inventory.view({ maxAgeMs: 60_000 });
    await lists.release();
    expect((await first).readAt).to.equal(1000);
    expect((await tolerant).readAt).to.equal(1000);
    lists.endpoints.push(endpoint(1, 'a'));
    await lists.release();
    for (const view of await Promise.all(later)) expect(view.readAt).to.equal(1010);
    expect(lists.calls.endpoints).to.equal(2);
  });

  it('reads anew after it was invalidated, also where a read is under way', async () => {
    lists.hold = true;
    const first = inventory.view({ maxAgeMs: 60_000 });
    inventory.invalidate();
    const second = inventory.view({ maxAgeMs: 60_000 });
    await lists.release();
    await lists.release();
    await Promise.all([first, second]);
    expect(lists.calls.endpoints).to.equal(2);
  });

  it('ends although the clock goes back', async () => {
    await inventory.view({ maxAgeMs: 0 });
    now -= 500_000;
    const view = await inventory.view({ maxAgeMs: -600_000 });
    expect(view.readAt).to.equal(-499_000);
  });

  it('tells all who wait when a read fails, and reads anew for the next', async () => {
    const { listEndpoints } = lists;
    lists.listEndpoints = () => Promise.reject(new Error('down'));
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => inventory.view({ maxAgeMs: 60_000 })));
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    lists.listEndpoints = listEndpoints;
    await inventory.view({ maxAgeMs: 60_000 });
    expect(lists.calls.endpoints).to.equal(1);
  });

  describe('with objects that can’t be read', () => {
    const refuses = (look: () => unknown, message: RegExp): void => {
      expect(look).to.throw(message).with.property('kind', 'unexpectedAnswer');
    };

    it('does not take them for missing, and answers for all others', async () => {
      lists.endpoints.push(endpoint(1, 'quay'));
      lists.projects.push(project(11, 'quay', 1));
      lists.unreadable.endpoints.push({ id: 2, name: 'ghcr', why: 'type: invalid_type' });
      lists.unreadable.projects.push({ id: 12, name: 'ghcr', endpointId: 2, why: 'metadata: invalid_type' });
      lists.unreadable.quotas.push({ id: 5, projectId: 13, why: 'hard: invalid_type' });
      const view = await inventory.view({ maxAgeMs: 0, quotas: true });
      refuses(() => view.endpointById(2), /endpoint ghcr is there and can't be read \(type: invalid_type\)/);
      refuses(() => view.endpointByName('ghcr'), /endpoint ghcr/);
      refuses(() => view.projectById(12), /project ghcr/);
      refuses(() => view.projectByName('ghcr'), /project ghcr/);
      refuses(() => view.projectsByEndpoint(2), /project ghcr/);
      refuses(() => view.quotaByProject(13), /quota 5/);
      expect(view.projectByName('quay')?.registryId).to.equal(1);
      expect(view.endpointById(1)?.name).to.equal('quay');
      expect(view.projectsByEndpoint(1)).to.have.lengthOf(1);
      expect(view.endpointById(3)).to.be.undefined;
      expect(view.projectByName('other')).to.be.undefined;
      expect(view.unreadable()).to.deep.equal([
        'endpoint ghcr (type: invalid_type)',
        'project ghcr (metadata: invalid_type)',
        'quota of project 13 (hard: invalid_type)',
      ]);
    });

    it('knows whose an endpoint is that can’t be read otherwise', async () => {
      const mark = { cluster: 'c', mirror: 'quay', endpoint: 'created', project: 'created' } as const;
      lists.unreadable.endpoints.push({ id: 1, description: formatMark('', mark), why: 'name: invalid_type' });
      const view = await inventory.view({ maxAgeMs: 0 });
      refuses(() => view.endpointsOwnedBy('c', 'quay'), /endpoint 1/);
      expect(view.endpointsOwnedBy('c', 'other')).to.deep.equal([]);
    });

    it('has no answer for an endpoint that isn’t listed while one without an id is', async () => {
      lists.endpoints.push(endpoint(1, 'quay'));
      lists.unreadable.endpoints.push({ why: 'the whole: invalid_type' });
      const view = await inventory.view({ maxAgeMs: 0 });
      refuses(() => view.endpointById(2), /endpoint without a name/);
      expect(view.endpointById(1)?.name).to.equal('quay');
    });

    it('knows them again once they were read by themselves', async () => {
      lists.unreadable.projects.push({ id: 12, name: 'ghcr', why: 'metadata: invalid_type' });
      const view = await inventory.view({ maxAgeMs: 0 });
      inventory.record({ kind: 'projectWritten', project: project(12, 'ghcr', 2) });
      expect(view.projectByName('ghcr')?.registryId).to.equal(2);
    });
  });
});
