import { expect } from 'chai';
import { allowsUrl, entryFor } from '../../../src/credentials/allowed-hosts.js';

describe('the hosts that a Secret may be sent to', () => {
  for (const [annotation, url, allows] of [
    ['quay.io', 'https://quay.io', true],
    ['quay.io', 'https://quay.io:443', true],
    ['quay.io:443', 'https://quay.io', true],
    ['docker.io , QUAY.io,', 'https://quay.io', true],
    ['quay.io:8443', 'https://quay.io:8443', true],
    ['https://quay.io', 'https://quay.io', true],
    ['http://quay.io:5000', 'http://quay.io:5000', true],
    ['http://quay.io', 'http://quay.io:80', true],
    ['quay.io', 'http://quay.io', false],
    ['quay.io:80', 'http://quay.io', false],
    ['quay.io:5000', 'http://quay.io:5000', false],
    ['http://quay.io', 'https://quay.io', false],
    ['quay.io', 'https://quay.io:8443', false],
    ['quay.io:8443', 'https://quay.io', false],
    ['quay.io', 'https://quay.io.evil.example', false],
    ['quay.io', 'https://evil.example', false],
    ['', 'https://quay.io', false],
    ['*', 'https://quay.io', false],
    [',', 'https://quay.io', false],
  ] as const) {
    it(`${allows ? 'allow' : 'do not allow'} ${url} by ${JSON.stringify(annotation)}`, () => {
      expect(allowsUrl(annotation, url)).to.equal(allows);
    });
  }

  for (const url of ['https://quay.io', 'https://quay.io:8443', 'http://127.0.0.1:5000', 'http://quay.io']) {
    it(`allow ${url} by the entry that a message says to write`, () => {
      expect(allowsUrl(entryFor(url), url)).to.equal(true);
    });
  }
});
