import { expect } from 'chai';
import { useCrd } from './use-crd.js';
import { collection, mirror } from './mirror.js';
import { refusedCases } from './refused-cases.js';

describe('The API server refuses', () => {
  const cluster = useCrd();

  for (const { refuses, spec, name = 'example', says, saysNot } of refusedCases) {
    it(refuses, async () => {
      const { status, body } = await cluster().api.send('POST', `${collection}?dryRun=All`, mirror(name, spec));
      const { message } = JSON.parse(body) as { readonly message: string };
      expect(status, message).to.equal(422);
      for (const part of says) expect(message).to.include(part);
      if (saysNot !== undefined) expect(message).to.not.include(saysNot);
    });
  }

  it('a misspelt field when kubectl applies it, rather than dropping it', async () => {
    const typo = mirror('typo', { upstream: { type: 'quay', insecureSkipTlsVerify: true } });
    const result = await cluster().kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(typo) });
    expect(result.code).to.not.equal(0);
    expect(result.stderr).to.include('unknown field "spec.upstream.insecureSkipTlsVerify"');
  });
});
