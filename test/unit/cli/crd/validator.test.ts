import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';

import { mirrorValidator } from '../../../../src/cli/crd/validator.js';
import { acceptedCases } from '../../../integration/crd/accepted-cases.js';
import { mirror } from '../../../integration/crd/mirror.js';
import { refusedCases } from '../../../integration/crd/refused-cases.js';

/** All sentences of the CRD's rules; what else the API server says are words of its own. */
function sentences(): readonly string[] {
  const found: string[] = [];
  JSON.stringify(parse(readFileSync('crds/registrymirror.io_registrymirrors.yaml', 'utf8')), (key, value: unknown) => {
    if ((key === 'message' || key === 'messageExpression') && typeof value === 'string') found.push(value);
    return value;
  });
  return found;
}

// The same tables go to the API server in test/integration/crd.
describe('The command line agrees with the API server', () => {
  const validate = mirrorValidator();
  const rules = sentences();

  for (const { accepts, spec, name = 'example' } of acceptedCases) {
    it(`accepts ${accepts}`, () => {
      expect(validate(structuredClone(mirror(name, spec)))).to.deep.equal([]);
    });
  }

  for (const { refuses, spec, name = 'example', says, saysNot } of refusedCases) {
    it(`refuses ${refuses}`, () => {
      const faults = validate(structuredClone(mirror(name, spec))).join('\n');
      expect(faults).to.not.equal('');
      for (const part of says.filter((said) => rules.some((rule) => rule.includes(said)))) {
        expect(faults).to.include(part);
      }
      if (saysNot !== undefined) expect(faults).to.not.include(saysNot);
    });
  }

  it('has a sentence of a rule in most of what it refuses', () => {
    const told = refusedCases.filter(({ says }) => says.some((said) => rules.some((rule) => rule.includes(said))));
    expect(told.length).to.be.greaterThan(refusedCases.length / 2);
  });
});
