import { expect } from 'chai';
import { applySpec } from '../../../src/kubernetes/apply-spec.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';

type Api = Parameters<typeof applySpec>[0];
interface Stored extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly path: string;
  readonly value: unknown;
}

const RESOURCE = { group: 'g', version: 'v1', plural: 'things' };
const SPEC = { mirrors: ['a'] };
const BODY = { apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'a' }, spec: SPEC };

/** An API server with one object, in whose spec somebody has added a field, so that applying is not enough. */
class EditedThing {
  stored: Stored = this.#version(1, { ...SPEC, added: true });
  /** Called before each replacement is looked at. */
  beforeReplacement: () => void = () => undefined;

  get api(): Api {
    const api = {
      get: () => Promise.resolve(this.stored),
      patch: (_resource: unknown, _name: string, type: string, body: unknown) => {
        if (type === 'apply') return Promise.resolve(this.stored);
        this.beforeReplacement();
        return this.#replace(body as readonly Operation[]);
      },
    };
    // The generics of both say no more than that the answer is of the caller's type.
    return api as Api;
  }

  /** Somebody, or the operator's next leader, writes. */
  write(spec: Stored['spec']): void {
    this.stored = this.#version(Number(this.stored.metadata.resourceVersion) + 1, spec);
  }

  async #replace(operations: readonly Operation[]): Promise<Stored> {
    const valueOf = (path: string): unknown => operations.find((each) => each.path === path)?.value;
    const version = valueOf('/metadata/resourceVersion') ?? this.stored.metadata.resourceVersion;
    if (version !== this.stored.metadata.resourceVersion) {
      return await Promise.reject(new KubernetesError('conflict', 'the object has been modified', 409));
    }
    this.write(valueOf('/spec') as Stored['spec']);
    return this.stored;
  }

  #version(resourceVersion: number, spec: Stored['spec']): Stored {
    const isEdited = 'added' in spec;
    const managedFields = isEdited ? [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': {} } }] : [];
    const metadata = { name: 'a', uid: 'u', resourceVersion: String(resourceVersion), managedFields };
    return { metadata, spec };
  }
}

describe('a spec that somebody has added to', () => {
  const apply = async (thing: EditedThing): Promise<unknown> =>
    await applySpec(thing.api, { resource: RESOURCE, body: BODY, known: thing.stored, fieldManager: 'us' }).catch(
      (error: unknown) => error,
    );

  it('is replaced as a whole', async () => {
    const thing = new EditedThing();
    expect(await apply(thing)).to.have.property('spec', SPEC);
    expect(thing.stored.spec).to.deep.equal(SPEC);
  });

  it('is replaced over what is there then, where somebody writes meanwhile', async () => {
    const thing = new EditedThing();
    let edits = 0;
    thing.beforeReplacement = () => {
      if ((edits += 1) < 3) thing.write({ ...SPEC, added: edits });
    };
    expect(await apply(thing)).to.have.property('spec', SPEC);
  });

  it('is left as it is by a replacement that comes after somebody’s later writes', async () => {
    const thing = new EditedThing();
    let edits = 0;
    thing.beforeReplacement = () => {
      thing.write({ mirrors: [], added: (edits += 1) });
    };
    expect(await apply(thing)).to.have.property('kind', 'conflict');
    expect(thing.stored.spec).to.deep.equal({ mirrors: [], added: 4 });
  });
});
