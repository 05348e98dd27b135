import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** What a hostile or broken Harbor answers. */
export interface FuzzedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly way: 'whole' | 'compressed' | 'half' | 'reset' | 'silent' | 'announced';
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '-1',
    '1e999',
    '7',
    'x'.repeat(5000),
    '\u0000',
    '../..',
    '2026-13-45',
  ),
);

const hostileNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, -1, 7, 0.5, 2 ** 53, 1e308),
);

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  hostileNumber,
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { id: {} }, 'NaN'),
  fc.jsonValue({ maxDepth: 3 }),
);

/** As Harbor would answer to one call or another: what fuzzing begins with. */
const REAL: readonly object[] = [
  {
    id: 7,
    name: 'quay',
    type: 'docker-registry',
    url: 'https://quay.io',
    description: 'x',
    insecure: true,
    status: 'healthy',
  },
  { project_id: 8, name: 'px', registry_id: 7, metadata: { public: 'true', retention_id: '3' }, repo_count: 2 },
  { id: 5, ref: { id: 8, name: 'px', owner_name: 'admin' }, hard: { storage: -1 }, used: { storage: 10 } },
  { id: 9, name: 'px/atlas/athena', artifact_count: 1 },
  {
    id: 4,
    name: 'robot$x',
    level: 'system',
    description: '',
    disable: false,
    expires_at: -1,
    secret: 's3cret',
    permissions: [],
  },
  {
    id: 3,
    scope: { level: 'project', ref: 8 },
    rules: [
      { action: 'retain', template: 'always', params: {}, tag_selectors: [{ decoration: 'matches', pattern: '**' }] },
    ],
    trigger: { kind: 'Schedule', settings: { cron: '0 0 0 * * *' } },
  },
  { harbor_version: 'v2.15.2', external_url: 'https://harbor.example.org', auth_mode: 'db_auth', read_only: false },
  { status: 'healthy', components: [{ name: 'core', status: 'healthy' }] },
  { token: 'a.b.c', access_token: '', expires_in: 1800 },
  { deletable: true, message: '' },
  { errors: [{ code: 'CONFLICT', message: 'The project named px already exists' }] },
];

/** A real object with some of its fields, at the top or one below, made something else, dropped or added to. */
const nearlyReal: fc.Arbitrary<unknown> = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.dictionary(fc.string({ maxLength: 8 }), hostileValue, { maxKeys: 2 }),
    fc.nat(),
    hostileValue,
  )
  .map(([real, extra, position, value]) => {
    const keys = Object.keys(real);
    const key = keys[position % (keys.length + 1)];
    return { ...extra, ...real, ...(key === undefined ? {} : { [key]: value }) };
  });

const json: fc.Arbitrary<string> = fc
  .oneof(
    nearlyReal,
    fc.array(nearlyReal, { maxLength: 5 }),
    nearlyReal.map((one) => Array.from({ length: 101 }, () => one)),
    fc.constantFrom(...REAL),
    fc
      .constantFrom(...REAL)
      .map((real) => Array.from({ length: 100 }, (_, index) => ({ ...real, id: index + 1, project_id: index + 1 }))),
    hostileValue,
  )
  .map((value) => JSON.stringify(value));

const noJson = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '<html><body>502 Bad Gateway</body></html>',
    'NaN',
    'Infinity',
    '\uFEFF[]',
    '{"id":1,"id":2}',
    '{"__proto__":{"polluted":true}}',
    '[1e999]',
    '9'.repeat(10_000),
    '['.repeat(20_000),
    '{"a":'.repeat(20_000),
    `"${'x'.repeat(100_000)}"`,
    `[${'1,'.repeat(50_000)}1]`,
    `{"status":"healthy","components":[${'1,'.repeat(50_000)}1]}`,
    `{"errors":[${'{},'.repeat(20_000)}{}]}`,
  ),
);

const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc.record(
  {
    'X-Total-Count': fc.oneof(
      fc.nat(300).map(String),
      fc.constantFrom(
        '0',
        '1',
        '100',
        '101',
        '100000',
        '100001',
        '1000000000',
        '999999999999',
        '9'.repeat(400),
        '-1',
        '1.5',
        'many',
        '',
      ),
    ),
    Link: fc.constantFrom('<http://127.0.0.1:1/>; rel="next"', '</elsewhere?page=2>; rel="next"', 'x'.repeat(1000)),
    Location: fc.constantFrom(
      '/api/v2.0/registries/7',
      '/7',
      '/99999999999999999999',
      'http://127.0.0.1:1/7',
      '/-7',
      '',
    ),
    'Retry-After': fc.constantFrom('0', '1', '99999999999', '-1', 'Wed, 21 Oct 1970 07:28:00 GMT', 'soon'),
    'Content-Type': fc.constantFrom('application/json', 'text/html', 'application/json; charset=utf-16', ''),
    'Content-Encoding': fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'identity', 'made-up'),
    'Set-Cookie': fc.constant('sid=1'),
    'X-Many': fc.constantFrom('x', 'x'.repeat(20_000)),
  },
  { requiredKeys: [] },
);

export const fuzzedAnswer: fc.Arbitrary<FuzzedAnswer> = fc.record({
  status: fc.oneof(
    { arbitrary: fc.constantFrom(200, 201), weight: 6 },
    {
      arbitrary: fc.constantFrom(
        202,
        204,
        206,
        301,
        302,
        304,
        307,
        400,
        401,
        403,
        404,
        405,
        409,
        412,
        418,
        422,
        429,
        500,
        502,
        503,
        504,
        599,
        999,
      ),
      weight: 3,
    },
  ),
  headers,
  body: fc.oneof({ arbitrary: json, weight: 5 }, { arbitrary: noJson, weight: 1 }),
  way: fc.oneof(
    { arbitrary: fc.constant('whole' as const), weight: 300 },
    { arbitrary: fc.constant('compressed' as const), weight: 30 },
    { arbitrary: fc.constant('announced' as const), weight: 15 },
    { arbitrary: fc.constantFrom('half' as const, 'reset' as const), weight: 15 },
    { arbitrary: fc.constant('silent' as const), weight: 1 },
  ),
});

/** Answers so. */
export function give({ status, headers: fields, body, way }: FuzzedAnswer, response: ServerResponse): void {
  if (way === 'silent') return;
  if (way === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (way === 'announced') for (let times = 0; times < 20; times++) response.writeProcessing();
  const compressed = way === 'compressed' ? { 'Content-Encoding': 'gzip' } : {};
  const content = way === 'compressed' ? gzipSync(body) : Buffer.from(body);
  if (way === 'half') {
    response.writeHead(status, { ...fields, 'Content-Length': String(content.length + 10) });
    response.write(content);
    response.socket?.end();
    return;
  }
  response.writeHead(status, { ...fields, ...compressed });
  response.end(content);
}
