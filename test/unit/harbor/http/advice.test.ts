import { expect } from 'chai';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborError } from '../../../../src/harbor/http/errors.js';
import { startRawServer } from '../../../support/raw-server.js';
import type { RawServer } from '../../../support/raw-server.js';

describe('a Harbor that no connection leads to', () => {
  let plain: RawServer;
  before(async () => {
    plain = await startRawServer((_request, response) => response.end());
  });
  after(() => plain.close());

  const wrong: readonly (readonly [sentence: string, url: () => string, advice: string])[] = [
    ['a misspelt host name', () => 'https://no-such-harbor.invalid', "check the host in Harbor's url"],
    ['a port that nothing listens at', () => 'http://127.0.0.1:1', "check host and port in Harbor's url"],
    ['https where http is spoken', () => plain.url.replace('http:', 'https:'), 'begins with https:// or http://'],
  ];
  for (const [sentence, url, advice] of wrong) {
    it(`says what to check for ${sentence}, and names the url`, async () => {
      const client = createHarborClient({ url: url(), username: 'robot$x', password: 'x' }, { retryDelayMs: 1 });
      const error = await client.checkAccess().then(
        () => undefined,
        (failed: unknown) => failed as HarborError,
      );
      client.close();
      expect(error).to.include({ kind: 'unreachable', harbor: url() });
      expect(error?.reason).to.include(advice);
    });
  }
});
