import { expect } from 'chai';
import { applyOver } from '../../../src/kubernetes/apply-over.js';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';

const RESOURCE = { group: 'g', version: 'v1', plural: 'things' };
const BODY = { kind: 'Thing', metadata: { name: 'a', labels: { by: 'us' } } };

type Api = Parameters<typeof applyOver>[0];
/** What of an object's metadata was sent with a write. */
type Sent = Pick<KubernetesObject['metadata'], 'uid' | 'resourceVersion'>;

function version(resourceVersion: string, uid = 'u'): KubernetesObject {
  return { metadata: { name: 'a', uid, resourceVersion } };
}

/**
 * An API server that has these versions of the object, one after the other: somebody else writes after each write of ours.
 *
 * @returns what its writes were sent with
 */
function serverWith(versions: readonly (KubernetesObject | undefined)[]): { readonly api: Api; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const now = (): KubernetesObject | undefined => versions[sent.length];
  const api = {
    get: () => Promise.resolve(now()),
    patch: (_resource: unknown, _name: string, _type: string, body: KubernetesObject) => {
      const { uid, resourceVersion } = body.metadata;
      const isOver = now()?.metadata.uid === uid && now()?.metadata.resourceVersion === resourceVersion;
      sent.push({ ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) });
      const conflict = new KubernetesError('conflict', 'the object has been modified', 409);
      return isOver ? Promise.resolve(body) : Promise.reject(conflict);
    },
  };
  // The generics of both say no more than that the answer is of the caller's type.
  return { api: api as Api, sent };
}

const sentWith = async (
  versions: readonly (KubernetesObject | undefined)[],
  known?: KubernetesObject,
): Promise<readonly Sent[] | string> => {
  const { api, sent } = serverWith(versions);
  const applied = applyOver(api, { resource: RESOURCE, body: BODY, known, fieldManager: 'us' });
  return await applied.then(() => sent, String);
};

describe('what is applied over a version', () => {
  it('says which one, and nothing where there is none', async () => {
    expect(await sentWith([version('1')], version('1'))).to.deep.equal([{ uid: 'u', resourceVersion: '1' }]);
    expect(await sentWith([undefined])).to.deep.equal([{}]);
  });

  it('is applied over what is there now where others have written, or deleted it, or made it anew', async () => {
    const first = { uid: 'u', resourceVersion: '1' };
    const second = { uid: 'u', resourceVersion: '2' };
    const anew = { uid: 'anew', resourceVersion: '3' };
    const last = version('3', 'anew');
    expect(await sentWith([version('2'), version('2')], version('1'))).to.deep.equal([first, second]);
    expect(await sentWith([undefined, undefined], version('1'))).to.deep.equal([first, {}]);
    expect(await sentWith([version('2'), last, last], version('1'))).to.deep.equal([first, anew]);
  });

  it('is given up where others never stop', async () => {
    const versions = Array.from({ length: 20 }, (_, i) => version(String(2 * i)));
    const { api, sent } = serverWith(versions);
    api.get = () => Promise.resolve(undefined);
    const applied = applyOver(api, { resource: RESOURCE, body: BODY, known: version('1'), fieldManager: 'us' });
    expect(await applied.then(() => 'done', String)).to.include('modified');
    expect(sent).to.have.length(4);
  });
});
