import { inspect } from 'node:util';
import { expect } from 'chai';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { HarborError } from '../../../src/harbor/http/errors.js';
import type { HarborErrorKind, HttpMethod } from '../../../src/harbor/http/errors.js';
import type { NewEndpoint } from '../../../src/harbor/types.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';

const SECRET = 'hunter2-upstream';
const UPSTREAM: NewEndpoint = {
  name: 'quay',
  type: 'docker-registry',
  url: 'https://quay.io',
  description: '',
  insecure: false,
  credentials: { accessKey: 'user', accessSecret: SECRET },
};

/** What Harbor was recorded to answer, and how it is read. */
interface Case {
  readonly call: string;
  readonly status: number;
  readonly message: string | undefined;
  readonly kind: HarborErrorKind;
  readonly certain?: boolean;
}

const CASES: readonly Case[] = [
  // Access
  { call: 'GET /registries', status: 401, message: 'unauthorized', kind: 'unauthorized', certain: false },
  { call: 'GET /registries', status: 403, message: 'robot$px+puller', kind: 'forbidden' },
  { call: 'GET /projects/{project_name_or_id}', status: 403, message: 'forbidden', kind: 'forbidden' },
  { call: 'POST /registries', status: 403, message: 'CSRF token not found in request', kind: 'forbidden' },
  { call: 'POST /projects', status: 403, message: 'Only system level robot can create project', kind: 'forbidden' },
  // Endpoints
  { call: 'POST /registries', status: 400, message: 'the registry is unhealthy', kind: 'upstreamUnhealthy' },
  { call: 'PUT /registries/{id}', status: 400, message: 'the registry is unhealthy', kind: 'upstreamUnhealthy' },
  {
    call: 'POST /registries',
    status: 500,
    message: 'internal server error',
    kind: 'upstreamUnhealthy',
    certain: false,
  },
  { call: 'POST /registries', status: 500, message: undefined, kind: 'upstreamUnhealthy', certain: false },
  {
    call: 'PUT /registries/{id}',
    status: 500,
    message: 'internal server error',
    kind: 'upstreamUnhealthy',
    certain: false,
  },
  { call: 'POST /registries', status: 409, message: 'registry quay already exists', kind: 'conflict' },
  { call: 'PUT /registries/{id}', status: 404, message: 'registry 7 not found', kind: 'notFound' },
  { call: 'PUT /registries/{id}', status: 400, message: 'invalid HTTP scheme: ftp', kind: 'invalid' },
  { call: 'PUT /registries/{id}', status: 400, message: 'the max length of name is 64', kind: 'invalid' },
  {
    call: 'POST /registries',
    status: 400,
    message: 'invalid CA certificate: no valid certificates found in PEM data',
    kind: 'invalid',
  },
  {
    call: 'POST /registries',
    status: 422,
    message: 'validation failure list:\nregistry in body is required',
    kind: 'invalid',
  },
  {
    call: 'DELETE /registries/{id}',
    status: 412,
    message: 'the registry 7 is referenced by proxy cache project, cannot delete it',
    kind: 'referenced',
  },
  // Projects
  { call: 'POST /projects', status: 409, message: 'The project named px already exists', kind: 'conflict' },
  {
    call: 'POST /projects',
    status: 400,
    message: 'bad request: unsupported registry type quay',
    kind: 'unsupportedType',
  },
  { call: 'POST /projects', status: 500, message: 'internal server error', kind: 'serverError' },
  {
    call: 'DELETE /projects/{project_name_or_id}',
    status: 412,
    message: 'precondition failed: the project contains repositories, can not be deleted',
    kind: 'referenced',
  },
  { call: 'PUT /projects/{project_name_or_id}', status: 409, message: 'conflict', kind: 'conflict' },
  // Settings
  { call: 'GET /retentions/{id}', status: 500, message: 'internal server error', kind: 'serverError' },
  {
    call: 'PUT /quotas/{id}',
    status: 400,
    message: 'exceeded 1024TB, which is 1125899906842624 Bytes',
    kind: 'invalid',
  },
  // This Harbor doesn't know the call
  {
    call: 'GET /registries',
    status: 404,
    message: 'path /api/v2.0/registries was not found',
    kind: 'unexpectedAnswer',
  },
  {
    call: 'GET /registries',
    status: 405,
    message: 'method GET is not allowed, but [POST] are',
    kind: 'unexpectedAnswer',
  },
];

describe('what Harbor answers when it refuses', () => {
  let harbor: HarborStandIn;
  let client: HarborClient;
  let password: string;

  before(async () => {
    harbor = await startHarbor({ upstreams: { 'quay.io': {} } });
    const robot = harbor.addRobot('operator');
    ({ password } = robot);
    client = createHarborClient({ url: harbor.url, ...robot }, { retries: 0 });
  });

  afterEach(() => {
    harbor.clearFaults();
  });

  after(async () => {
    client.close();
    await harbor.stop();
  });

  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    'GET /registries': () => client.listEndpoints(),
    'POST /registries': () => client.createEndpoint(UPSTREAM),
    'PUT /registries/{id}': () =>
      client.updateEndpoint(7, { description: '', credentials: UPSTREAM.credentials ?? null }),
    'DELETE /registries/{id}': () => client.deleteEndpoint(7),
    'GET /projects/{project_name_or_id}': () => client.getProject(7),
    'POST /projects': () => client.createProject({ name: 'px', registryId: 7, metadata: {} }),
    'PUT /projects/{project_name_or_id}': () => client.updateProject(7, {}),
    'DELETE /projects/{project_name_or_id}': () => client.deleteProject({ id: 7, name: 'px' }),
    'GET /retentions/{id}': () => client.getRetention(7),
    'PUT /quotas/{id}': () => client.updateQuota(7, 1),
  };

  async function failureOf(call: string): Promise<HarborError> {
    const outcome: unknown = await (calls[call] ?? failNow)().catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(HarborError);
    return outcome as HarborError;
  }

  function failNow(): never {
    throw new Error('no such call in this test');
  }

  function expectNoSecretIn(error: HarborError): void {
    for (const output of [JSON.stringify(error), inspect(error, { depth: 20, showHidden: true }), error.stack ?? '']) {
      for (const secret of [SECRET, password, Buffer.from(`robot$operator:${password}`).toString('base64')]) {
        expect(output).not.to.include(secret);
      }
    }
  }

  for (const { call, status, message, kind, certain = true } of CASES) {
    it(`${call}: ${status} ${message ?? 'without a body'} is ${kind}${certain ? '' : ', probably'}`, async () => {
      const [method = '', route = ''] = call.split(' ');
      // What Harbor might repeat of a request.
      const echo = /^(POST|PUT) \/registries/.test(call) ? ` ${SECRET} ${password}` : '';
      const body = message === undefined ? undefined : { errors: [{ code: 'CODE', message: message + echo }] };
      harbor.inject({ method, route }, { kind: 'answer', status, ...(body === undefined ? {} : { body }) });
      const error = await failureOf(call);
      expect(error).to.include({ kind, status, certain, method: method as HttpMethod });
      if (message !== undefined) {
        expect(error.reason).to.equal(message.replace('\n', ' ') + (echo === '' ? '' : ' *** ***'));
        expect(error.code).to.equal('CODE');
      }
      expect(error.requestId).to.match(/^[0-9a-f-]{36}$/);
      expectNoSecretIn(error);
    });
  }

  const FOREIGN = [400, 404, 409, 412] as const;
  for (const status of FOREIGN) {
    it(`a ${status} that isn’t in Harbor’s words says nothing about the object`, async () => {
      harbor.inject({ route: '/registries/{id}' }, { kind: 'answer', status, body: '<html>not found</html>' });
      expect(await failureOf('DELETE /registries/{id}')).to.include({ kind: 'unexpectedAnswer', status });
    });
  }

  for (const status of [405, 501]) {
    it(`a ${status} of a website says that this isn’t Harbor`, async () => {
      harbor.inject({}, { kind: 'answer', status, body: '<html>Unsupported method</html>' });
      expect((await failureOf('POST /registries')).reason).to.include('something else is at this address');
    });
  }

  for (const status of [502, 503, 504]) {
    it(`a ${status} is a failure of the server, and a write may have happened`, async () => {
      harbor.inject({}, { kind: 'answer', status, body: '<html>bad gateway</html>' }, 2);
      expect(await failureOf('POST /registries')).to.include({ kind: 'serverError', status, mayHaveHappened: true });
      const read = await failureOf('GET /registries');
      expect(read).to.include({ kind: 'serverError', status, mayHaveHappened: false });
      expect(read.reason).to.include('what is in front of Harbor gets no answer from it');
    });
  }

  it('a wrong password is unauthorized, and so is a database that is down', async () => {
    const stranger = createHarborClient({ url: harbor.url, username: 'admin', password: 'wrong-password' });
    const wrong: unknown = await stranger.checkAccess().catch((error: unknown) => error);
    stranger.close();
    expect(wrong).to.include({ kind: 'unauthorized', certain: false });
    harbor.broken.database = true;
    const down: unknown = await client.checkAccess().catch((error: unknown) => error);
    harbor.broken.database = false;
    expect(down).to.include({ kind: 'unauthorized', certain: false });
  });

  it('an upstream that is down is waited for', async () => {
    harbor.setUpstream('quay.io', 'down');
    expect(await failureOf('POST /registries')).to.include({ kind: 'upstreamUnhealthy', certain: true });
    harbor.setUpstream('quay.io', 'up');
  });

  it('a success that isn’t JSON, or lacks what it must have, is no success', async () => {
    harbor.inject({ route: '/registries' }, { kind: 'answer', status: 200, body: '<html>log in</html>' });
    expect(await failureOf('GET /registries')).to.include({ kind: 'unexpectedAnswer', status: 200 });
    const body = { project_id: 'seven', name: SECRET };
    harbor.inject({ route: '/projects/{project_name_or_id}' }, { kind: 'answer', status: 200, body });
    const error = await failureOf('GET /projects/{project_name_or_id}');
    expect(error.message).to.match(/project_id: invalid_type/);
    expectNoSecretIn(error);
  });

  it('a creation without Location may have happened', async () => {
    harbor.inject({ route: '/registries' }, { kind: 'answer', status: 201 });
    expect(await failureOf('POST /registries')).to.include({ kind: 'unexpectedAnswer', mayHaveHappened: true });
  });
});
