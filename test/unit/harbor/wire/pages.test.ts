import { expect } from 'chai';
import type { Answer, Call } from '../../../../src/harbor/http/call.js';
import type { HarborError } from '../../../../src/harbor/http/errors.js';
import { endpoints } from '../../../../src/harbor/wire/endpoint.js';
import { findInPages, readPages } from '../../../../src/harbor/wire/pages.js';
import { projects } from '../../../../src/harbor/wire/project.js';

const LIST: Call = { method: 'GET', route: '/registries' };

function endpoint(id: number): object {
  return { id, name: `e${id}`, type: 'docker-registry', url: 'https://quay.io' };
}

/** A Harbor that counts as it says, and gives out these objects page by page. */
class Pages {
  requests = 0;
  atOnce = 0;
  mostAtOnce = 0;
  readonly #objects: readonly unknown[];
  readonly #counted: number | undefined;
  readonly #characters: number;

  constructor(objects: readonly unknown[], counted: number | undefined = objects.length, characters = 100) {
    this.#objects = objects;
    this.#counted = counted;
    this.#characters = characters;
  }

  readonly request = async ({ query }: Call): Promise<Answer> => {
    this.requests++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await new Promise(setImmediate);
    this.atOnce--;
    const start = (Number(query?.page) - 1) * 100;
    return {
      status: 200,
      body: this.#objects.slice(start, start + 100),
      characters: this.#characters,
      location: undefined,
      total: this.#counted,
    };
  };
}

function many(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => endpoint(index + 1));
}

async function failure(promise: Promise<unknown>): Promise<HarborError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  expect(outcome).to.have.property('name', 'HarborError');
  return outcome as HarborError;
}

describe('a list of Harbor’s', () => {
  it('is read whole, four pages at a time', async () => {
    const harbor = new Pages(many(1234));
    expect((await readPages(harbor.request, LIST, endpoints)).items).to.have.lengthOf(1234);
    expect(harbor).to.include({ requests: 13, mostAtOnce: 4 });
  });

  for (const counted of [100_001, 1e9, 999_999_999_999, Number.MAX_SAFE_INTEGER, Infinity]) {
    it(`is refused after one request where Harbor counts ${counted} objects`, async () => {
      const harbor = new Pages(many(100), counted);
      const error = await failure(readPages(harbor.request, LIST, endpoints));
      expect(error.kind).to.equal('unexpectedAnswer');
      expect(error.reason).to.equal(`${counted} objects in a list, of which 100000 can be read`);
      expect(harbor.requests).to.equal(1);
    });
  }

  it('ends where a page is empty, whatever Harbor counts', async () => {
    const harbor = new Pages(many(150), 99_999);
    expect((await readPages(harbor.request, LIST, endpoints)).items).to.have.lengthOf(150);
    // The first page and at most four at once around the end.
    expect(harbor.requests).to.be.at.most(8);
  });

  it('ends where a page holds what was on another, whatever Harbor counts', async () => {
    let requests = 0;
    const request = async (): Promise<Answer> => {
      requests++;
      await Promise.resolve();
      return { status: 200, body: many(100), characters: 1, location: undefined, total: 100_000 };
    };
    expect((await readPages(request, LIST, endpoints)).items).to.have.lengthOf(100);
    expect(requests).to.be.at.most(5);
  });

  it('is refused where Harbor counts fewer than it shows, for then nobody knows where it ends', async () => {
    const harbor = new Pages(many(250), 3);
    expect((await failure(readPages(harbor.request, LIST, endpoints))).reason).to.match(/X-Total-Count is 3/);
  });

  it('is refused where it is too long in sum, although no page is', async () => {
    const harbor = new Pages(many(2000), 2000, 8 * 1024 * 1024);
    expect((await failure(readPages(harbor.request, LIST, endpoints))).reason).to.equal('a list of more than 64 MiB');
    expect(harbor.requests).to.be.at.most(12);
  });

  it('is refused where a page holds more than was asked for', async () => {
    const request = async (): Promise<Answer> => {
      await Promise.resolve();
      return { status: 200, body: many(101), characters: 1, location: undefined, total: 101 };
    };
    expect((await failure(readPages(request, LIST, endpoints))).reason).to.equal('the whole: too_big');
  });

  it('asks for no further page once one failed', async () => {
    const harbor = new Pages(many(2000));
    let failed = false;
    const request = async (call: Call): Promise<Answer> => {
      const answer = await harbor.request(call);
      if (call.query?.page !== 3) return answer;
      failed = true;
      return { ...answer, body: 'no list' };
    };
    const error = await failure(readPages(request, LIST, endpoints));
    expect(error.reason).to.equal('the whole: invalid_type');
    const soFar = harbor.requests;
    await new Promise(setImmediate);
    expect(failed).to.be.true;
    expect(harbor.requests - soFar).to.equal(0);
  });

  it('loses to an object that can’t be read that object alone, and says what of it can', async () => {
    const broken = [{ ...endpoint(2), type: 7 }, { name: 'nameless id', id: -3 }, 'text', null, { id: '4' }];
    const { items, unreadable } = await readPages(new Pages([endpoint(1), ...broken]).request, LIST, endpoints);
    expect(items.map(({ id }) => id)).to.deep.equal([1]);
    expect(unreadable).to.deep.equal([
      { id: 2, name: 'e2', why: 'type: invalid_type' },
      { name: 'nameless id', why: 'id: too_small' },
      { why: 'the whole: invalid_type' },
      { why: 'the whole: invalid_type' },
      { why: 'id: invalid_type' },
    ]);
  });

  it('does not say a key that Harbor made up: it may be anything, a password even', async () => {
    const listed = { project_id: 1, name: 'p', metadata: { 'hunter2-harbor': 5 } };
    const { unreadable } = await readPages(new Pages([listed]).request, LIST, projects);
    expect(unreadable).to.deep.equal([{ id: 1, name: 'p', why: 'metadata: invalid_type' }]);
  });

  it('has no answer to a question about an object that can’t be read', async () => {
    const request = new Pages([{ ...endpoint(2), url: 3 }, endpoint(1)]).request;
    const find = async (name: string): Promise<unknown> => {
      const isIt = (one: { readonly name?: string }): boolean => one.name === name;
      return findInPages(request, LIST, endpoints, isIt, isIt);
    };
    expect(await find('e1')).to.include({ id: 1 });
    expect(await find('e3')).to.be.undefined;
    expect((await failure(find('e2'))).reason).to.equal("endpoint e2 is there and can't be read (url: invalid_type)");
  });
});
