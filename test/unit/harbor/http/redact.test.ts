import { expect } from 'chai';
import { redact } from '../../../../src/harbor/http/redact.js';

describe('text from outside', () => {
  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ['loses a secret', 'the password hunter2 is wrong', ['hunter2'], 'the password *** is wrong'],
    ['loses it in base64, too', `Basic ${Buffer.from('hunter2').toString('base64')}`, ['hunter2'], 'Basic ***'],
    ['keeps its words where the secret is a letter or none', 'a bad day', ['a', ''], 'a bad day'],
    [
      'becomes one line',
      'validation failure list:\nname\r\n\u2028\u0007 missing',
      [],
      'validation failure list: name missing',
    ],
    ['is not taken for a pattern', 'costs $& and $1', ['costs'], '*** $& and $1'],
  ];
  for (const [name, text, secrets, expected] of cases) {
    it(name, () => {
      expect(redact(text, secrets)).to.equal(expected);
    });
  }

  it('is cut to 500 characters', () => {
    expect(redact('x'.repeat(10_000), [])).to.have.lengthOf(500);
  });
});
