import { expect } from 'chai';
import { credentialsHmac } from '../../../src/credentials/hmac.js';

const credentials = { accessKey: 'user', accessSecret: 'secret' };

describe('what says which credentials were written', () => {
  const same = credentialsHmac('key', { credentials });

  it('is 128 bits that fit into a mark', () => {
    expect(same).to.match(/^[\w-]{22}$/);
    expect(credentialsHmac('key', { credentials: { ...credentials } })).to.equal(same);
  });

  const different: Readonly<Record<string, string>> = {
    'another key': credentialsHmac('other', { credentials }),
    'another user': credentialsHmac('key', { credentials: { ...credentials, accessKey: 'other' } }),
    'another secret': credentialsHmac('key', { credentials: { ...credentials, accessSecret: 'other' } }),
    'a CA certificate': credentialsHmac('key', { credentials, caCertificate: 'pem' }),
    'no credentials': credentialsHmac('key', {}),
    'the same letters split elsewhere': credentialsHmac('key', {
      credentials: { accessKey: 'users', accessSecret: 'ecret' },
    }),
  };
  for (const [name, hmac] of Object.entries(different)) {
    it(`is another with ${name}`, () => {
      expect(hmac).not.to.equal(same);
    });
  }
});
