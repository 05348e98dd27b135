import { expect } from 'chai';
import type { PullQuestion } from '../../../../src/harbor/api.js';
import { createHarborClient } from '../../../../src/harbor/client.js';
import type { HarborClient } from '../../../../src/harbor/client.js';
import { isHarborError } from '../../../../src/harbor/http/errors.js';
import { startRawServer } from '../../../support/raw-server.js';
import type { RawServer } from '../../../support/raw-server.js';

const OPERATOR = { username: 'robot$operator', password: 'hunter2-operator' };
const LOGIN = { username: 'robot$px+pull', password: 'hunter2-pull' };
const QUESTION: PullQuestion = {
  project: 'px',
  path: 'library/busybox',
  reference: 'sha256:ab',
  pullHost: 'pull.example.org',
};

describe('Asking a Harbor for an image as a node does', () => {
  let harbor: RawServer;
  let elsewhere: RawServer;
  let client: HarborClient;
  let challenge: string;
  let token: string;
  let status: number;
  let tokenStatus: number;
  let page: string;

  beforeEach(async () => {
    elsewhere = await startRawServer((_, response) => response.end('{"token":"t"}'));
    harbor = await startRawServer(({ url, headers }, response) => {
      const path = url?.split('?')[0];
      if (path === '/v2/') response.writeHead(401, { 'Www-Authenticate': challenge }).end(page);
      else if (path === '/service/token') {
        // As a Harbor that means no good would, all that it was told is in what it says.
        const errors = [{ code: 'BAD_REQUEST', message: `${headers.authorization ?? ''} ${LOGIN.password}` }];
        response.writeHead(tokenStatus).end(JSON.stringify({ token, errors }));
      } else response.writeHead(status, { 'Content-Type': 'application/json' }).end();
    });
    challenge = `Bearer realm="${harbor.url}/service/token",service="harbor-registry"`;
    token = 'a-token';
    status = 200;
    tokenStatus = 200;
    page = '{"errors":[]}';
    client = createHarborClient({ url: harbor.url, ...OPERATOR }, { requestTimeoutMs: 2000 });
  });
  afterEach(async () => {
    client.close();
    await Promise.all([harbor.close(), elsewhere.close()]);
  });

  const asked = (): readonly (readonly [string, string | undefined])[] =>
    harbor.requests.map(({ method, url, headers }) => [`${method ?? ''} ${url ?? ''}`, headers.authorization]);
  const failure = async (): Promise<unknown> =>
    await client.askAsNode({ ...QUESTION, login: LOGIN }).then(
      () => 'none',
      (error: unknown) => error,
    );
  const HELLO = ['GET /v2/', undefined];
  const TOKEN = 'GET /service/token?service=harbor-registry&scope=repository%3Apx%2Flibrary%2Fbusybox%3Apull';
  const HEAD = ['HEAD /v2/px/library/busybox/manifests/sha256:ab', 'Bearer a-token'];

  it('asks where tokens are, for a token and for the manifest’s head, anonymously', async () => {
    expect(await client.askAsNode(QUESTION)).to.deep.equal({ kind: 'served' });
    expect(asked()).to.deep.equal([HELLO, [TOKEN, undefined], HEAD]);
    expect(harbor.requests[2]?.headers.accept).to.include('application/vnd.oci.image.index.v1+json');
  });

  it('asks for the token with the login that it is given, and never with the operator’s', async () => {
    await client.askAsNode({ ...QUESTION, login: LOGIN });
    const basic = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`;
    expect(asked()).to.deep.equal([HELLO, [TOKEN, basic], HEAD]);
  });

  it('sends nothing to a place that a hostile Harbor names, and nothing more to that Harbor', async () => {
    challenge = `Bearer realm="${elsewhere.url}/token?a=b",service="harbor-registry"`;
    const answer = await client.askAsNode({ ...QUESTION, login: LOGIN });
    expect(answer).to.deep.equal({ kind: 'tokensElsewhere', realm: `${elsewhere.url}/token` });
    expect(elsewhere.requests).to.deep.equal([]);
    expect(asked()).to.deep.equal([HELLO]);
  });

  it('asks Harbor’s own url for the token also where that is named by the host that nodes pull from', async () => {
    challenge = 'Bearer realm="https://pull.example.org/service/token",service="harbor-registry"';
    expect(await client.askAsNode(QUESTION)).to.deep.equal({ kind: 'served' });
    expect(asked()).to.deep.equal([HELLO, [TOKEN, undefined], HEAD]);
  });

  it('follows no redirect with a token', async () => {
    status = 301;
    expect(isHarborError(await failure(), 'redirected')).to.equal(true);
    expect(asked()).to.have.lengthOf(3);
  });

  for (const [answered, kind] of [
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'notFound'],
    [412, 'referenced'],
    [429, 'rateLimited'],
    [502, 'serverError'],
  ] as const) {
    it(`tells a ${answered} to the head, after one try, without a secret in it`, async () => {
      status = answered;
      const error = await failure();
      expect(isHarborError(error, kind), String(error)).to.equal(true);
      expect(String(error)).not.to.match(/hunter2|a-token/);
      expect(asked()).to.have.lengthOf(3);
    });
  }

  it('has no secret in what is said of a token service that repeats it', async () => {
    tokenStatus = 400;
    const error = await failure();
    expect(isHarborError(error, 'invalid'), String(error)).to.equal(true);
    expect(String(error)).not.to.include('hunter2');
    expect(String(error)).not.to.include(Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64'));
  });

  it('asks behind a proxy that has put a page of its own in place of Harbor’s words, as nodes do, who read the header alone', async () => {
    page = '<html>401 Authorization Required</html>';
    expect(await client.askAsNode(QUESTION)).to.deep.equal({ kind: 'served' });
    expect(asked()).to.deep.equal([HELLO, [TOKEN, undefined], HEAD]);
  });

  it('takes a Harbor for none that sends nobody for a token', async () => {
    challenge = 'Basic realm="harbor"';
    expect(isHarborError(await failure(), 'unexpectedAnswer')).to.equal(true);
    expect(asked()).to.deep.equal([HELLO]);
  });

  it('sends no header that a token brings along', async () => {
    token = 'a\r\nX-Evil: 1';
    await failure();
    expect(asked()).to.have.lengthOf(3);
    expect(harbor.requests.some(({ headers }) => 'x-evil' in headers)).to.equal(false);
  });
});
