import { expect } from 'chai';
import { differences } from './compare.js';
import type { Received } from './http.js';
import type { RecordedResponse, Recording } from './recording.js';
import { replay } from './replay.js';

const recorded: RecordedResponse = {
  status: 200,
  headers: { 'content-type': 'application/json', 'x-total-count': '1' },
  body: [{ id: 4, name: 'foo', creation_time: '2026-11-24T10:22:01.897Z', credential: {} }],
};
const same: Received = {
  status: 200,
  headers: { 'content-type': 'application/json', 'x-total-count': '1' },
  body: '[{"id":4,"name":"foo","creation_time":"2027-01-01T00:00:00.000Z","credential":{}}]',
};

describe('the comparison with recorded answers', () => {
  it('takes another time for the same', () => {
    expect(differences(recorded, same)).to.deep.equal([]);
  });

  const cases: Readonly<Record<string, Partial<Received>>> = {
    'another status': { status: 201 },
    'another header': { headers: { ...same.headers, 'x-total-count': '2' } },
    'a missing header': { headers: { 'content-type': 'application/json' } },
    'a header more': { headers: { ...same.headers, location: '/api/v2.0/registries/4' } },
    'another value': { body: same.body.replace('foo', 'bar') },
    'another type': { body: same.body.replace('"foo"', '5') },
    'a missing field': { body: same.body.replace(',"credential":{}', '') },
    'a field more': { body: same.body.replace('"id":4', '"id":4,"insecure":false') },
    'an item more': { body: same.body.replace(']', ',{}]') },
    'no time where one was': { body: same.body.replace('2027-01-01T00:00:00.000Z', 'today') },
    'no body': { body: '' },
  };
  for (const [what, changes] of Object.entries(cases)) {
    it(`finds ${what}`, () => {
      expect(differences(recorded, { ...same, ...changes })).to.not.be.empty;
    });
  }
});

describe('the comparison of tokens', () => {
  const granting = (...actions: readonly string[]): object[] => [{ type: 'repository', name: 'quay/x', actions }];
  const expected: RecordedResponse = {
    status: 200,
    body: { token: `<token with access ${JSON.stringify(granting('push', 'pull'))}>` },
  };
  const found = (access: unknown): readonly string[] => {
    const claims = Buffer.from(JSON.stringify({ access })).toString('base64url');
    return differences(expected, { status: 200, headers: {}, body: JSON.stringify({ token: `head.${claims}.tail` }) });
  };

  it('takes another order of what they grant for the same', () => {
    expect(found(granting('pull', 'push'))).to.deep.equal([]);
  });

  it('finds one that grants more, less or nothing', () => {
    const others = [granting('delete', 'pull', 'push'), granting('pull'), null];
    for (const access of others) expect(found(access)).to.have.lengthOf(1);
  });
});

describe('the replay of a recording', () => {
  const recording: Recording = {
    about: 'a made-up recording',
    exchanges: [
      {
        step: 'ping',
        request: { method: 'GET', path: '/api/v2.0/ping' },
        response: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'Pong' },
      },
      { step: 'a summary without an exchange' },
    ],
  };

  it('finds a step that is neither replayed nor listed', async () => {
    const { problems } = await replay(recording, {});
    expect(problems).to.deep.equal(['1 [a summary without an exchange] is neither replayed nor listed as skipped']);
  });

  it('finds a reason for a step that is not there', async () => {
    const { problems } = await replay(recording, { skipped: { 1: 'a summary', 2: 'nothing' } });
    expect(problems).to.deep.equal(["2 is listed as skipped and isn't in the recording"]);
  });

  it('finds a stand-in that answers otherwise', async () => {
    const { problems, replayed } = await replay(recording, {
      skipped: { 1: 'a summary' },
      setup: ({ harbor }) => harbor.inject({ route: '/ping' }, { kind: 'answer', status: 503 }),
    });
    expect(replayed).to.deep.equal([0]);
    expect(problems.join()).to.contain('status 503 instead of 200');
  });
});
