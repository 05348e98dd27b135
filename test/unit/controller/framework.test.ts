import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RegistryMirrorOperator } from '../../../src/controller/operator.js';

const root = join(import.meta.dirname, '../../..');

describe('the operator framework', () => {
  it('works with the one client-node that the operator has: with a second one its calls would fail silently', () => {
    const installed = globSync('node_modules/**/@kubernetes/client-node/package.json', { cwd: root });
    expect(installed).to.deep.equal(['node_modules/@kubernetes/client-node/package.json']);
  });

  // Left as they are: registerCustomResourceDefinition, which nobody calls (kubectl installs the CRD), and handleResourceFinalizer, which writes
  // by way of setResourceFinalizers.
  for (const method of [
    'stop',
    'watchResource',
    'getCustomResourceApiUri',
    'setResourceStatus',
    'patchResourceStatus',
    'setResourceFinalizers',
  ]) {
    it(`has its ${method} replaced`, () => {
      expect(Object.getOwnPropertyNames(RegistryMirrorOperator.prototype)).to.include(method);
    });
  }
});
