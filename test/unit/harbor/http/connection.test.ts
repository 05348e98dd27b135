import { expect } from 'chai';
import { harborBaseUrl } from '../../../../src/harbor/http/connection.js';

describe('Harbor’s URL', () => {
  const good: Readonly<Record<string, string>> = {
    'https://harbor.example.org': 'https://harbor.example.org',
    'https://harbor.example.org/': 'https://harbor.example.org',
    'http://127.0.0.1:8085': 'http://127.0.0.1:8085',
    'https://example.org/harbor//': 'https://example.org/harbor',
    'HTTPS://Harbor.Example.org:443': 'https://harbor.example.org',
  };
  for (const [url, base] of Object.entries(good)) {
    it(`may be ${url}`, () => {
      expect(harborBaseUrl(url)).to.equal(base);
    });
  }

  const bad: Readonly<Record<string, RegExp>> = {
    'harbor.example.org': /of the form https/,
    'ftp://harbor.example.org': /of the form https/,
    'https://user:pass@harbor.example.org': /must not hold a user or password/,
    'https://harbor.example.org/?a=b': /no query/,
    'https://harbor.example.org/#x': /no fragment/,
  };
  for (const [url, message] of Object.entries(bad)) {
    it(`must not be ${url}`, () => {
      expect(() => harborBaseUrl(url)).to.throw(message);
      expect(() => harborBaseUrl(url)).not.to.throw(/pass@/);
    });
  }
});
