import { expect } from 'chai';
import type { KubernetesObject } from '../../../../src/kubernetes/objects.js';
import { isNewer } from '../../../../src/kubernetes/objects.js';
import { ObjectStore } from '../../../../src/kubernetes/cache/store.js';

function object(name: string, version: number, uid = `uid-${name}`, generation = 1): KubernetesObject {
  return { metadata: { name, uid, resourceVersion: String(version), generation } };
}

describe('the store of an informer', () => {
  let told: string[];
  let store: ObjectStore<KubernetesObject>;

  beforeEach(() => {
    told = [];
    store = new ObjectStore(({ type, object: { metadata }, previous }) => {
      const before = previous === undefined ? '' : ` after ${String(previous.metadata.resourceVersion)}`;
      told.push(`${type} ${metadata.name} ${String(metadata.resourceVersion)}${before}`);
    });
  });

  it('has an own write at once and tells nobody of its echo', () => {
    store.replace([object('a', 9)]);
    store.observe(object('a', 10));
    expect(store.get('a')?.metadata.resourceVersion).to.equal('10');
    store.apply('MODIFIED', object('a', 10));
    store.apply('MODIFIED', object('a', 11));
    expect(told).to.deep.equal(['ADDED a 9', 'MODIFIED a 11 after 10']);
  });

  it('tells nobody of an own write whose echo comes before its answer', async () => {
    store.replace([object('a', 9)]);
    await store.write('a', () => {
      store.apply('MODIFIED', object('a', 10));
      return Promise.resolve(object('a', 10));
    });
    store.apply('MODIFIED', object('a', 11));
    expect(told).to.deep.equal(['ADDED a 9', 'MODIFIED a 11 after 10']);
  });

  it('tells of what others do while an own write is under way, once that is answered or has failed', async () => {
    store.replace([object('a', 9)]);
    await store.write('a', () => {
      store.apply('MODIFIED', object('a', 10, 'uid-a', 2));
      store.apply('MODIFIED', object('a', 11, 'uid-a', 2));
      store.apply('ADDED', object('b', 12));
      expect(told).to.deep.equal(['ADDED a 9', 'ADDED b 12']);
      return Promise.resolve(object('a', 11, 'uid-a', 2));
    });
    const failed = store.write('a', () => {
      store.apply('DELETED', object('a', 13, 'uid-a', 2));
      return Promise.reject(new Error('conflict'));
    });
    expect(await failed.catch((error: unknown) => String(error))).to.equal('Error: conflict');
    expect(told.slice(2)).to.deep.equal(['MODIFIED a 11 after 9', 'DELETED a 13 after 11']);
    expect(store.get('a')).to.be.undefined;
  });

  it('does not go back to what it was told of before a list', async () => {
    store.replace([object('a', 9)]);
    await store
      .write('a', () => {
        store.apply('MODIFIED', object('a', 10));
        store.replace([]);
        return Promise.reject(new Error('gone'));
      })
      .catch(() => undefined);
    expect(store.values()).to.be.empty;
  });

  it('tells of what someone else changed just before an own write', () => {
    store.replace([object('a', 9)]);
    store.observe(object('a', 11, 'uid-a', 2));
    store.apply('MODIFIED', object('a', 10, 'uid-a', 2));
    store.apply('MODIFIED', object('a', 11, 'uid-a', 2));
    expect(told).to.deep.equal(['ADDED a 9', 'MODIFIED a 11 after 9']);
  });

  it('tells of it once, however many own writes followed', () => {
    store.replace([object('a', 9)]);
    for (const version of [11, 12, 13]) store.observe(object('a', version));
    for (const version of [10, 11, 12, 13]) store.apply('MODIFIED', object('a', version));
    expect(told).to.deep.equal(['ADDED a 9', 'MODIFIED a 13 after 9']);
  });

  it('tells of an own new object once others have changed it', () => {
    store.observe(object('a', 10));
    store.apply('ADDED', object('a', 10));
    expect(told).to.be.empty;
    store.apply('MODIFIED', object('a', 12));
    expect(told).to.deep.equal(['MODIFIED a 12 after 10']);
  });

  it('ignores the answer to a write that is older than what the watch has told', () => {
    store.replace([object('a', 12)]);
    store.observe(object('a', 11));
    expect(store.get('a')?.metadata.resourceVersion).to.equal('12');
  });

  it('does not bring back what was deleted before the answer came', () => {
    store.replace([object('a', 9)]);
    store.apply('DELETED', object('a', 11));
    store.observe(object('a', 10));
    expect(store.get('a')).to.equal(undefined);
  });

  it('takes the answer to a write of an object that was made again under the same name', () => {
    store.replace([object('a', 9)]);
    store.apply('DELETED', object('a', 11));
    store.observe(object('a', 12, 'another'));
    expect(store.get('a')?.metadata.uid).to.equal('another');
  });

  it('keeps what an own write made anew while the deletion of the one before was still to be told', async () => {
    store.replace([object('a', 9)]);
    await store.write('a', async () => {
      store.apply('DELETED', object('a', 11));
      return Promise.resolve(object('a', 12, 'another'));
    });
    expect(store.get('a')?.metadata.uid).to.equal('another');
    expect(told).to.deep.equal(['ADDED a 9']);
  });

  it('keeps an own write that a list was too early for, and one that it missed', () => {
    store.replace([object('a', 9)]);
    store.observe(object('a', 14));
    store.replace([object('a', 9)]);
    expect(store.get('a')?.metadata.resourceVersion).to.equal('14');
    store.replace([]);
    store.apply('ADDED', object('a', 14));
    store.observe(object('a', 15));
    expect(store.get('a')?.metadata.resourceVersion).to.equal('15');
  });

  it('tells after a list of objects with own writes, since others may have written in the gap', () => {
    store.replace([object('a', 9), object('b', 9)]);
    store.observe(object('a', 14));
    store.replace([object('a', 14), object('b', 9)]);
    expect(told).to.deep.equal(['ADDED a 9', 'ADDED b 9', 'MODIFIED a 14 after 9']);
  });

  it('tells of an object that was deleted and made again in a gap as deleted and added', () => {
    store.replace([object('a', 9)]);
    store.replace([object('a', 20, 'another')]);
    expect(told).to.deep.equal(['ADDED a 9', 'DELETED a 9 after 9', 'ADDED a 20']);
  });

  it('forgets what it is told to', () => {
    store.replace([object('a', 9)]);
    store.forget(object('a', 9));
    expect(store.values()).to.be.empty;
  });

  it('forgets no object that was made under the same name meanwhile', () => {
    store.replace([object('a', 9)]);
    store.apply('ADDED', object('a', 20, 'another'));
    store.forget(object('a', 9));
    expect(store.get('a')?.metadata.uid).to.equal('another');
  });

  it('compares versions as numbers of any length', () => {
    expect(isNewer(object('a', 10), object('a', 9))).to.be.true;
    expect(isNewer(object('a', 9), object('a', 10))).to.be.false;
    expect(isNewer(object('a', 9), object('a', 9))).to.be.false;
    const long = (resourceVersion: string): KubernetesObject => ({ metadata: { name: 'a', resourceVersion } });
    expect(isNewer(long('90071992547409930'), long('90071992547409929'))).to.be.true;
  });
});
