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

/** The recordings keep of a token what it grants. */
const recordedToken = /^<token with access (.*)>$/;

/** Values that are another at every run: what they must look like instead. */
const changing: Readonly<Record<string, (value: unknown) => boolean>> = {
  secret: (value) => typeof value === 'string' && value.length === 32,
  token: (value) => typeof value === 'string' && value.length > 0,
  expires_at: (value) => value === -1 || (typeof value === 'number' && value > 1_700_000_000),
};

/** Fields that no call of the operator reads: pulls are counted late, and an allowlist has an id of its own. */
const unread = new Set(['pull_count', 'cve_allowlist.id']);

/** How an answer differs from the recorded one, in words; empty when it doesn't. */
export function differences(
  recorded: RecordedResponse,
  received: Received,
  kept: readonly string[] = headersThatMatter,
): readonly string[] {
  const found: string[] = [];
  if (recorded.status !== received.status) {
    found.push(`status ${received.status} instead of ${recorded.status}: ${received.body.slice(0, 300)}`);
  }
  for (const name of headersThatMatter.filter((header) => kept.includes(header))) {
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
  const grants = key === 'token' ? recordedToken.exec(String(expected))?.[1] : undefined;
  if (grants !== undefined) return tokenDifferences(grants, actual, where);
  const looksRight = changing[key];
  if (looksRight !== undefined) return looksRight(actual) ? [] : [`${where}: ${JSON.stringify(actual)}`];
  if (isTime(expected)) return isTime(actual) ? [] : [`${where}: ${JSON.stringify(actual)} is no time`];
  if (!isComposed(expected) || !isComposed(actual)) {
    if (expected === actual) return [];
    return [`${where}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }
  const [one, other] = [new Map(Object.entries(expected)), new Map(Object.entries(actual))];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].flatMap((name) => valueDifferences(one.get(name), other.get(name), [...path, name]));
}

const isTime = (value: unknown): boolean => typeof value === 'string' && time.test(value);
const isComposed = (value: unknown): value is object => typeof value === 'object' && value !== null;

interface Granted {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A token must grant the same, in whatever order it lists the actions. */
function tokenDifferences(grants: string, actual: unknown, where: string): readonly string[] {
  if (typeof actual !== 'string') return [`${where}: no token`];
  const claims = Buffer.from(actual.split('.')[1] ?? '', 'base64url').toString();
  const { access } = JSON.parse(claims) as { readonly access: readonly Granted[] | null };
  const [expected, given] = [inWords(JSON.parse(grants) as readonly Granted[] | null), inWords(access)];
  return given === expected ? [] : [`${where} grants ${given} instead of ${expected}`];
}

const inWords = (access: readonly Granted[] | null): string =>
  access === null
    ? 'nothing'
    : access.map(({ type, name, actions }) => `${type}:${name}:${actions.toSorted().join()}`).join(' ');
