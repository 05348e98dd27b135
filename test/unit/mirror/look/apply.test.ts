import { expect } from 'chai';
import type { HarborApi } from '../../../../src/harbor/api.js';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborErrorKind } from '../../../../src/harbor/http/errors.js';
import { HarborInventory } from '../../../../src/harbor/inventory.js';
import { act } from '../../../../src/mirror/look/apply.js';
import type { ActContext, ActResult } from '../../../../src/mirror/look/apply.js';
import type { Action } from '../../../../src/mirror/plan/actions.js';
import type { Precondition } from '../../../../src/mirror/plan/preconditions.js';
import { HarborModel } from '../plan/model.js';

/** Stands in for Harbor: notes each call, answers what the test says, and holds what the model holds. */
class FakeHarbor {
  readonly calls: string[] = [];
  readonly model = new HarborModel();
  answers: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {};
  lists = 0;

  readonly api = new Proxy({} as HarborApi, {
    get:
      (_target, name: string) =>
      (...args: readonly unknown[]) => {
        if (name.startsWith('list') && this.answers[name] === undefined) return this.#list(name);
        this.calls.push(`${name} ${JSON.stringify(args.slice(0, -1))}`);
        return new Promise((resolve) => {
          resolve(this.answers[name]?.(...args));
        });
      },
  });

  #list(name: string): Promise<object> {
    this.lists += 1;
    const items = name === 'listEndpoints' ? this.model.view.endpoints() : this.model.projects();
    return Promise.resolve({ items, unreadable: [] });
  }
}

const newEndpoint: Action = {
  kind: 'CreateEndpoint',
  endpoint: { name: 'quay', type: 'quay', url: 'https://quay.io', description: 'd', insecure: false },
};
const newProject: Action = {
  kind: 'CreateProject',
  project: { name: 'quay', metadata: { public: 'true' } },
  endpoint: 'created',
};

describe('carrying out a plan', () => {
  let harbor: FakeHarbor;
  let inventory: HarborInventory;
  let done: string[];
  let holding: Precondition['kind'] | undefined;

  async function run(actions: readonly Action[]): Promise<ActResult> {
    const context: ActContext = {
      api: harbor.api,
      inventory,
      view: await inventory.view({ maxAgeMs: Infinity }),
      signal: new AbortController().signal,
      holds: ({ kind }) => kind === holding,
      onDone: ({ kind }) => done.push(kind),
    };
    return await act(actions, context);
  }

  function failWith(kind: HarborErrorKind, mayHaveHappened = false): () => never {
    return () => {
      throw new HarborError({ kind, method: 'POST', path: '/projects', reason: 'no', mayHaveHappened });
    };
  }

  beforeEach(() => {
    harbor = new FakeHarbor();
    inventory = new HarborInventory(harbor.api, () => 0);
    done = [];
    holding = undefined;
  });

  it('goes in order, and makes the project on the endpoint that it has just made', async () => {
    harbor.answers = { createEndpoint: () => 7, createProject: () => 12 };
    expect(await run([newEndpoint, newProject])).to.deep.equal({ kind: 'done', endpointId: 7, projectId: 12 });
    expect(harbor.calls.map((call) => call.split(' ')[0])).to.deep.equal(['createEndpoint', 'createProject']);
    expect(harbor.calls[1]).to.include('"registryId":7');
    expect(done).to.deep.equal(['CreateEndpoint', 'CreateProject']);
  });

  it('makes the project on the endpoint that is there', async () => {
    harbor.answers = { createProject: () => 12 };
    await run([{ ...newProject, endpoint: 5 }]);
    expect(harbor.calls[0]).to.include('"registryId":5');
  });

  it('tells the inventory of each write, so that nobody has to read for it', async () => {
    harbor.answers = { createEndpoint: () => 7, createProject: () => 12 };
    await run([newEndpoint, newProject]);
    const lists = harbor.lists;
    const view = await inventory.view({ maxAgeMs: Infinity });
    expect(view.endpointById(7)).to.include({ name: 'quay', status: 'healthy' });
    expect(view.projectByName('quay')).to.include({ id: 12, registryId: 7 });
    await run([
      { kind: 'UpdateProject', id: 12, name: 'quay', metadata: { auto_scan: 'true' } },
      { kind: 'UpdateEndpoint', id: 7, update: { insecure: true }, why: 'insecure' },
    ]);
    expect(view.projectById(12)?.metadata).to.deep.equal({ public: 'true', auto_scan: 'true' });
    expect(view.endpointById(7)).to.include({ insecure: true, name: 'quay' });
    await run([
      { kind: 'DeleteProject', id: 12, name: 'quay' },
      { kind: 'DeleteEndpoint', id: 7, name: 'quay', why: '' },
    ]);
    expect(view.projectByName('quay')).to.equal(undefined);
    expect(view.endpointById(7)).to.equal(undefined);
    expect(harbor.lists).to.equal(lists);
  });

  it('carries an action out only while what it requires holds, and nothing behind it before that', async () => {
    const requires: readonly Precondition[] = [{ kind: 'inNoPolicy' }];
    const deletion: Action = { kind: 'DeleteProject', id: 12, name: 'quay', requires };
    const behind: Action = { kind: 'DeleteEndpoint', id: 7, name: 'quay', why: '' };
    expect(await run([deletion, behind])).to.deep.equal({ kind: 'held', waitsFor: { kind: 'inNoPolicy' } });
    expect(harbor.calls).to.deep.equal([]);
    holding = 'inNoPolicy';
    expect(await run([deletion, behind])).to.include({ kind: 'done' });
    expect(done).to.deep.equal(['DeleteProject', 'DeleteEndpoint']);
  });

  it('keeps no secret in the inventory', async () => {
    harbor.answers = { createEndpoint: () => 7 };
    const credentials = { accessKey: 'me', accessSecret: 'the-password' };
    await run([{ kind: 'CreateEndpoint', endpoint: { ...newEndpoint.endpoint, credentials } }]);
    const endpoint = (await inventory.view({ maxAgeMs: Infinity })).endpointById(7);
    expect(endpoint?.accessKey).to.equal('me');
    expect(JSON.stringify(endpoint)).to.not.include('the-password');
  });

  it('stops at the first failure, and says which it was', async () => {
    harbor.answers = { createEndpoint: () => 7, createProject: failWith('rateLimited') };
    const result = await run([newEndpoint, newProject, { kind: 'DeleteEndpoint', id: 1, name: 'x', why: '' }]);
    expect(result).to.deep.include({ kind: 'failed', failed: newProject });
    expect(result.kind === 'failed' && result.verdict).to.include({ kind: 'waiting', reason: 'HarborBusy' });
    expect(harbor.calls).to.have.length(2);
    expect(done).to.deep.equal(['CreateEndpoint']);
  });

  for (const [kind, mayHaveHappened, isReadAnew] of [
    ['conflict', false, true],
    ['notFound', false, true],
    ['serverError', false, true],
    ['timeout', true, true],
    ['upstreamUnhealthy', false, false],
    ['rateLimited', false, false],
  ] as const) {
    it(`${isReadAnew ? 'has Harbor read anew' : 'trusts the picture'} after ${kind}`, async () => {
      harbor.answers = { createEndpoint: failWith(kind, mayHaveHappened) };
      await run([newEndpoint]);
      const { lists } = harbor;
      await inventory.view({ maxAgeMs: Infinity });
      expect(harbor.lists > lists).to.equal(isReadAnew);
    });
  }

  it('lets a bug out', async () => {
    harbor.answers = {
      createEndpoint: () => {
        throw new TypeError('a bug');
      },
    };
    const outcome: unknown = await run([newEndpoint]).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(TypeError);
  });

  it('wakes an endpoint only where the upstream answers', async () => {
    const wake: Action = { kind: 'WakeEndpoint', id: 7, description: 'd' };
    harbor.answers = { pingEndpoint: () => false };
    await run([wake]);
    expect(harbor.calls).to.deep.equal(['pingEndpoint [7]']);
    harbor.answers = { pingEndpoint: () => true };
    await run([wake]);
    expect(harbor.calls.at(-1)).to.equal('updateEndpoint [7,{"description":"d"}]');
  });

  it('empties a project page by page until nothing is left', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `r${i}`);
    harbor.answers = {
      listRepositories: () => ({ items: names.slice(0, 100).map((name) => ({ name })), total: names.length }),
      deleteRepository: (_project, name) => names.splice(names.indexOf(String(name)), 1),
    };
    await run([{ kind: 'EmptyProject', id: 12, name: 'quay' }]);
    expect(names).to.be.empty;
    expect(harbor.calls.filter((call) => call.startsWith('deleteRepository'))).to.have.length(250);
  });

  it('gives up on a project that has the same repositories after they were deleted', async () => {
    harbor.answers = { listRepositories: () => ({ items: [{ name: 'a' }, { name: 'b' }], total: 2 }) };
    const result = await run([{ kind: 'EmptyProject', id: 12, name: 'quay' }]);
    expect(result).to.have.nested.property('verdict.reason', 'DeletionBlocked');
    expect(result)
      .to.have.nested.property('verdict.message')
      .that.includes('still has repositories after 2 were deleted');
    expect(harbor.calls.filter((call) => call.startsWith('deleteRepository'))).to.have.length(2);
  });

  it('gives others their turn where a project has no end of repositories', async () => {
    let made = 0;
    harbor.answers = {
      listRepositories: () => ({ items: Array.from({ length: 100 }, () => ({ name: `r${++made}` })), total: 1e9 }),
    };
    const result = await run([{ kind: 'EmptyProject', id: 12, name: 'quay' }]);
    expect(result).to.have.nested.property('verdict.reason', 'DeletionBlocked');
    expect(harbor.calls.filter((call) => call.startsWith('deleteRepository'))).to.have.length(10_000);
  });

  it('changes the retention policy that is there, and makes one where there is none', async () => {
    const set: Action = { kind: 'SetRetention', project: 'quay', projectId: 12, keep: 30 };
    harbor.answers = { getProject: () => ({ retentionId: 3 }) };
    await run([set]);
    harbor.answers = { getProject: () => ({}) };
    await run([set]);
    expect(harbor.calls).to.deep.equal([
      'getProject [12]',
      'updateRetention [3,{"projectId":12,"daysSinceLastPull":30}]',
      'getProject [12]',
      'createRetention [{"projectId":12,"daysSinceLastPull":30}]',
    ]);
  });
});
