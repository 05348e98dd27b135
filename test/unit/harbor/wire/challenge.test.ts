import { expect } from 'chai';
import { isOwnRealm, realmOf } from '../../../../src/harbor/wire/challenge.js';

const HARBOR = 'https://harbor.example.org';

describe('Where a Harbor sends nodes for their tokens', () => {
  const challenges: Readonly<Record<string, readonly [string, string | undefined]>> = {
    'is its realm': [
      'Bearer realm="https://harbor.example.org/service/token",service="harbor-registry"',
      'https://harbor.example.org/service/token',
    ],
    'is its realm also behind other parts': ['Bearer service="x",realm="http://h:8085/t"', 'http://h:8085/t'],
    'is nowhere where it asks for a password': ['Basic realm="harbor"', undefined],
    'is nowhere where it names none': ['Bearer service="harbor-registry"', undefined],
    'is nowhere where that is no url': ['Bearer realm="token service"', undefined],
    'is nowhere that isn’t http': ['Bearer realm="file:///etc/passwd"', undefined],
    'is nowhere where the answer is endless': [`Bearer realm="https://h/${'x'.repeat(5000)}"`, undefined],
    'is nowhere without a challenge': ['', undefined],
  };
  for (const [what, [challenge, realm]] of Object.entries(challenges)) {
    it(what, () => {
      expect(realmOf(challenge)?.href).to.equal(realm);
    });
  }

  const realms: Readonly<Record<string, readonly [realm: string, pullHost: string, isOwn: boolean]>> = {
    'is its own at its url': [`${HARBOR}/service/token`, 'pull.example.org', true],
    'is its own on the host that nodes pull from': ['https://pull.example.org/t', 'pull.example.org', true],
    'is its own also where the port goes without saying': ['https://pull.example.org/t', 'pull.example.org:443', true],
    'is its own on the host’s port': ['http://10.0.0.1:30002/t', '10.0.0.1:30002', true],
    'is not its own on another port': ['https://pull.example.org:8443/t', 'pull.example.org', false],
    'is not its own without TLS at its url': ['http://harbor.example.org/t', 'pull.example.org', false],
    'is not its own on another host': ['https://evil.example.org/harbor.example.org', 'pull.example.org', false],
    'is not its own where its host only stands in front of an @': [
      'https://harbor.example.org@evil.example.org/t',
      'pull.example.org',
      false,
    ],
    'is not its own on a host of which its own is the beginning': [
      'https://harbor.example.org.evil.example.org/t',
      'harbor.example.org',
      false,
    ],
  };
  for (const [what, [realm, pullHost, isOwn]] of Object.entries(realms)) {
    it(what, () => {
      expect(isOwnRealm(new URL(realm), HARBOR, pullHost)).to.equal(isOwn);
    });
  }
});
