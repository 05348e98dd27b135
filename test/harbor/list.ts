import type { Answer } from './answer.js';
import { badRequest, invalid } from './answer.js';
import type { Call } from './call.js';

/** What can be asked of a list by `q` and `sort`: a key (lower case) and how a row answers it. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string | number | undefined>>;

interface Term {
  readonly key: string;
  readonly matches: (value: string) => boolean;
}

const malformed = 'the query string must contain "=" and the key/value cannot be empty';

/** Harbor decodes `q` once more than HTTP does; what can't be decoded stays as it is. */
function decodedAgain(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/**
 * The terms of a `q`: `name=x` exact, `name=~x` fuzzy and blind to case, `name={a b}` one of them.
 *
 * @throws Refusal 400 for a term without a key or a value, or with a comma inside a value.
 */
export function parseQuery(text: string | null): ReadonlyMap<string, Term> {
  const terms = new Map<string, Term>();
  if (text === null || text === '') return terms;
  for (const part of decodedAgain(text).split(',')) {
    const at = part.indexOf('=');
    if (at <= 0 || at === part.length - 1) throw badRequest(malformed);
    const key = part.slice(0, at).trim().toLowerCase();
    terms.set(key, { key, matches: matcher(part.slice(at + 1)) });
  }
  return terms;
}

function matcher(wanted: string): (value: string) => boolean {
  if (wanted.startsWith('~')) {
    const part = wanted.slice(1).toLowerCase();
    return (value) => value.toLowerCase().includes(part);
  }
  if (wanted.startsWith('{') || wanted.startsWith('(')) {
    const choices = wanted.slice(1, -1).split(' ');
    return (value) => choices.includes(value);
  }
  if (wanted.startsWith('[')) {
    const [from, to] = wanted.slice(1, -1).split('~');
    if (!wanted.endsWith(']') || from === undefined || to === undefined) {
      throw badRequest(`invalid query string value: ${wanted}`);
    }
    return (value) => value >= from && value <= to;
  }
  return (value) => value === wanted;
}

/** Rows that meet every term; a key that isn't a column is ignored, as Harbor ignores it. */
export function matching<Row>(rows: readonly Row[], terms: ReadonlyMap<string, Term>, columns: Columns<Row>): Row[] {
  const known = [...terms.values()].filter((term) => columns[term.key] !== undefined);
  return rows.filter((row) => known.every((term) => term.matches(String(columns[term.key]?.(row) ?? ''))));
}

function sorted<Row>(rows: Row[], sort: string | null, columns: Columns<Row>): Row[] {
  if (sort === null) return rows;
  const down = sort.startsWith('-');
  const column = columns[sort.replace(/^-/, '').toLowerCase()];
  if (column === undefined) return rows;
  const order = rows.toSorted((one, other) => {
    const [a, b] = [column(one) ?? '', column(other) ?? ''];
    return a < b ? -1 : a > b ? 1 : 0;
  });
  return down ? order.toReversed() : order;
}

function integer(call: Call, name: string, otherwise: number): number {
  const text = call.query.get(name);
  if (text === null) return otherwise;
  if (!/^-?\d+$/.test(text)) throw invalid(`${name} in query must be of type int64: ${JSON.stringify(text)}`);
  return Number(text);
}

/**
 * One page of a list, with X-Total-Count and Link. page_size 0 gives everything.
 *
 * @throws Refusal 422 for a page_size over 100.
 */
export function listed<Row>(call: Call, rows: Row[], columns: Columns<Row>, show: (row: Row) => unknown): Answer {
  const page = integer(call, 'page', 1);
  const size = integer(call, 'page_size', 10);
  if (size > 100) throw invalid('page_size in query should be less than or equal to 100');
  const order = sorted(rows, call.query.get('sort'), columns);
  const start = Math.max(page - 1, 0) * Math.max(size, 0);
  const shown = size <= 0 ? order : order.slice(start, start + size);
  const link = links(call, page, size, rows.length);
  return {
    status: 200,
    headers: { 'X-Total-Count': String(rows.length), ...(link === '' ? {} : { Link: link }) },
    body: shown.map(show),
  };
}

function links(call: Call, page: number, size: number, total: number): string {
  if (size === 0) return '';
  const parts: string[] = [];
  const at = (number: number, relation: string): string => {
    const query = new Map(call.query);
    query.set('page', String(number));
    query.set('page_size', String(size));
    const text = [...query].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
    return `<${call.path}?${text.join('&')}>; rel="${relation}"`;
  };
  if (page > 1 && (page - 1) * size < total) parts.push(at(page - 1, 'prev'));
  if (page * size < total) parts.push(at(page + 1, 'next'));
  return parts.join(' , ');
}
