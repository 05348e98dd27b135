import type { RecordedResponse } from './recording.js';
import type { Received } from './http.js';

/** Headers that clients read; each must be there on both sides or on neither, with the same value. */
const headersThatMatter = [
  'content-type',
  'location',
  'x-total-count',
  'link',
  'www-authenticate',
  'docker-content-digest',
  'docker-distribution-api-version',
  'etag',
  'accept-ranges',
] as const;

const time = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Values that are another at every run: what they must look like instead. */
const changing: Readonly<Record<string, (value: unknown) => boolean>> = {
  secret: (value) => typeof value === 'string' && value.length === 32,
  token: (value) => typeof value === 'string' && value.length > 0,
  expires_at: (value) => value === -1 || (typeof value === 'number' && value > 1_700_000_000),
};

/** Fields that no call of the operator reads: pulls are counted late, and an allowlist has an id of its own. */
const unread = new Set(['pull_count', 'cve_allowlist.id']);

/** How an answer differs from the recorded one, in words; empty when it doesn't. */
export function differences(recorded: RecordedResponse, received: Received): readonly string[] {
  const found: string[] = [];
  if (recorded.status !== received.status) {
    found.push(`status ${received.status} instead of ${recorded.status}: ${received.body.slice(0, 300)}`);
  }
  for (const name of headersThatMatter) {
    const [expected, actual] = [recorded.headers?.[name], received.headers[name]];
    if (expected !== actual) found.push(`header ${name}: ${String(actual)} instead of ${String(expected)}`);
  }
  const hasToken = received.headers['x-harbor-csrf-token'] !== undefined;
  if ((recorded.headers?.['x-harbor-csrf-token'] !== undefined) !== hasToken) found.push(`CSRF token: ${hasToken}`);
  return [...found, ...bodyDifferences(recorded.body, received)];
}

function bodyDifferences(recorded: unknown, received: Received): readonly string[] {
  const { body } = received;
  if (recorded === undefined) return body === '' ? [] : [`a body where there was none: ${body.slice(0, 200)}`];
  if (typeof recorded === 'string') return textDifferences(recorded, body);
  if (body === '') return ['no body'];
  return valueDifferences(recorded, JSON.parse(body) as unknown, []);
}

function textDifferences(recorded: string, body: string): readonly string[] {
  const binary = /^<binary, (\d+) bytes>$/.exec(recorded);
  if (binary !== null) return body.length === Number(binary[1]) ? [] : [`${body.length} bytes instead of ${recorded}`];
  const isPage = recorded.startsWith('<!DOCTYPE');
  const same = isPage ? body.startsWith(recorded) : body.trim() === recorded.trim();
  return same ? [] : [`body ${JSON.stringify(body.slice(0, 200))} instead of ${JSON.stringify(recorded)}`];
}

function valueDifferences(expected: unknown, actual: unknown, path: readonly string[]): readonly string[] {
  const key = path.at(-1) ?? '';
  const where = `body.${path.join('.')}`;
  if (unread.has(key) || unread.has(path.slice(-2).join('.'))) return [];
  const looksRight = changing[key];
  if (looksRight !== undefined) return looksRight(actual) ? [] : [`${where}: ${JSON.stringify(actual)}`];
  if (typeof expected === 'string' && time.test(expected)) {
    return typeof actual === 'string' && time.test(actual) ? [] : [`${where}: ${JSON.stringify(actual)} is no time`];
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    if (expected === actual) return [];
    return [`${where}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }
  const [one, other] = [new Map(Object.entries(expected)), new Map(Object.entries(actual))];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].flatMap((name) => valueDifferences(one.get(name), other.get(name), [...path, name]));
}
