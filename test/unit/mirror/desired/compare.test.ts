import { expect } from 'chai';
import type { RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import { contains } from '../../../../src/kubernetes/contains.js';
import { sameStatus } from '../../../../src/mirror/status/same-status.js';

describe('whether an object has all that is wanted', () => {
  const wanted = { spec: { rules: [{ name: 'a', match: { any: ['Pod'] } }], flag: false, none: null } };

  it('holds although the API server and Kyverno filled in defaults', () => {
    const live = {
      ...wanted,
      metadata: { uid: 'x' },
      spec: { ...wanted.spec, more: 1, rules: [{ name: 'a', match: { any: ['Pod'], all: [] } }] },
    };
    expect(contains(live, wanted)).to.be.true;
  });

  for (const [title, spec] of [
    ['a value differs', { ...wanted.spec, flag: true }],
    ['a member is missing', { rules: wanted.spec.rules }],
    ['a list is longer', { ...wanted.spec, rules: [...wanted.spec.rules, { name: 'b' }] }],
    ['a list is empty', { ...wanted.spec, rules: [] }],
    ['something in a list differs', { ...wanted.spec, rules: [{ name: 'a', match: { any: ['Node'] } }] }],
    ['a list became an object', { ...wanted.spec, rules: { 0: wanted.spec.rules[0] } }],
    ['an object became a text', 'spec'],
    ['null became something', { ...wanted.spec, none: {} }],
    ['nothing is there', undefined],
  ] as const) {
    it(`does not hold where ${title}`, () => {
      expect(contains({ spec }, wanted)).to.be.false;
    });
  }

  it('asks for nothing by undefined', () => {
    expect(contains({}, { a: undefined })).to.be.true;
  });
});

describe('whether two statuses say the same', () => {
  const condition = { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'fine' } as const;
  const status: RegistryMirrorStatus = {
    observedGeneration: 2,
    hosts: ['quay.io'],
    harbor: { url: 'https://harbor', endpointID: 1 },
    conditions: [{ ...condition, observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:00Z' }],
  };

  it('takes no notice of times and of the order of keys', () => {
    const other: RegistryMirrorStatus = {
      harbor: { endpointID: 1, url: 'https://harbor' },
      hosts: ['quay.io'],
      conditions: [{ lastTransitionTime: '2027-01-01T00:00:00Z', ...condition }],
      observedGeneration: 2,
    };
    expect(sameStatus(status, other)).to.be.true;
  });

  for (const [title, change] of [
    ['generation', { observedGeneration: 3 }],
    ['hosts', { hosts: [] }],
    ['message', { conditions: [{ ...condition, message: 'other', lastTransitionTime: '' }] }],
    ['set of conditions', { conditions: [] }],
    ['ids', { harbor: { url: 'https://harbor' } }],
    ['pull prefix', { pullPrefix: 'harbor/quay' }],
  ] as const) {
    it(`sees another ${title}`, () => {
      expect(sameStatus(status, { ...status, ...change })).to.be.false;
    });
  }
});
