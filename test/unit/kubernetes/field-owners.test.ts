import { expect } from 'chai';
import { specOwners, withoutOthers } from '../../../src/kubernetes/field-owners.js';

describe('who owns part of an object’s spec', () => {
  const entry = (manager: string, operation: string, fieldsV1: object): object => ({ manager, operation, fieldsV1 });
  const owners = (managedFields: unknown): unknown => specOwners({ metadata: { name: 'a', managedFields } as never });

  it('is everybody who has applied or written any of it', () => {
    const spec = { 'f:spec': { 'f:rules': {} } };
    expect(owners([entry('one', 'Apply', spec), entry('other', 'Update', spec)])).to.deep.equal([
      { manager: 'one', isApplied: true },
      { manager: 'other', isApplied: false },
    ]);
  });

  it('is nobody who has written labels or the status only, and nobody where it isn’t said', () => {
    expect(
      owners([entry('one', 'Update', { 'f:metadata': {} }), entry('two', 'Update', { 'f:status': {} })]),
    ).to.deep.equal([]);
    expect(owners(undefined)).to.deep.equal([]);
  });

  it('is one alone once the others are left out, who keep what isn’t in the spec', () => {
    const [ours, other] = [entry('one', 'Apply', { 'f:spec': {} }), entry('other', 'Update', { 'f:spec': {} })];
    const status = entry('other', 'Update', { 'f:status': {} });
    const object = { metadata: { name: 'a', managedFields: [ours, other, status] } } as never;
    expect(withoutOthers(object, 'one')).to.deep.equal([ours, status]);
  });
});
