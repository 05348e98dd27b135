import { expect } from 'chai';
import { slim } from '../../../../src/kubernetes/cache/slim.js';

describe('what is kept of an object in memory', () => {
  const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{"a":"long manifest"}' };
  const kept = { name: 'a', resourceVersion: '1', labels: { x: 'y' } };

  for (const [what, metadata, expected] of [
    ['who wrote which field', { ...kept, managedFields: [{ manager: 'kubectl' }] }, kept],
    [
      'kubectl’s copy of the manifest',
      { ...kept, annotations: { ...last, b: 'c' } },
      { ...kept, annotations: { b: 'c' } },
    ],
    ['both', { ...kept, managedFields: [], annotations: last }, { ...kept, annotations: {} }],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(slim({ metadata, spec: 1 } as never)).to.deep.equal({ metadata: expected, spec: 1 });
    });
  }

  it('is the object itself where there is nothing to leave out', () => {
    const object = { metadata: { ...kept, annotations: { b: 'c' } } };
    expect(slim(object)).to.equal(object);
  });
});
