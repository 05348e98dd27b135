import { badRequest, notFound } from './answer.js';
import type { Harbor } from './harbor.js';

/** Which repositories of the upstream a proxy project serves: Harbor 2.16. */
interface Filter {
  readonly pattern: string;
  readonly kind: string;
}

function filterOf(metadata: Readonly<Record<string, unknown>>): Filter {
  const { proxy_cache_filter_pattern: pattern, proxy_cache_filter_kind: kind } = metadata;
  return { pattern: typeof pattern === 'string' ? pattern : '', kind: typeof kind === 'string' ? kind : '' };
}

/**
 * POST and PUT both check it, unlike other settings.
 *
 * @throws Refusal 400 unless the kind is known and the pattern one of that kind.
 */
export function checkFilter(harbor: Harbor, metadata: Readonly<Record<string, unknown>>): void {
  const { pattern, kind } = filterOf(metadata);
  if (!harbor.has('proxy_cache_filter_kind')) return;
  if (pattern === '' && kind === '') return;
  if (kind !== 'regex' && kind !== 'doublestar') {
    throw badRequest(
      `metadata.proxy_cache_filter_kind should be "doublestar" or "regex", but got: ${JSON.stringify(kind)}`,
    );
  }
  const problem = matcherOf({ pattern, kind });
  if (problem instanceof RegExp) return;
  throw badRequest(`metadata.proxy_cache_filter_pattern is invalid for kind ${JSON.stringify(kind)}: ${problem}`);
}

/** @throws Refusal 404 for a repository that the project's filter leaves out, cached or not. */
export function requireServed(metadata: Readonly<Record<string, string>>, repository: string): void {
  const filter = filterOf(metadata);
  if (filter.pattern === '') return;
  const matcher = matcherOf(filter);
  if (matcher instanceof RegExp && matcher.test(repository)) return;
  throw notFound(
    `resource not found: repository ${JSON.stringify(repository)} does not match project repository filter`,
  );
}

/** What matches the whole name of a repository, or what is wrong with the pattern. */
function matcherOf({ pattern, kind }: Filter): RegExp | string {
  const source = kind === 'regex' ? pattern.trim() : doublestar(pattern.trim());
  try {
    return new RegExp(`^(?:${source})$`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return kind === 'regex' ? `error parsing regexp: ${error.message}` : 'syntax error in pattern';
  }
}

const doublestarParts: Readonly<Record<string, string>> = {
  '/**': '(?:/.*)?',
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  ',': '|',
  '}': ')',
};

/** `*` is within a segment, `**` any number of them, `{a,b}` one of both. */
function doublestar(pattern: string): string {
  return pattern.replace(
    /\/\*\*$|\*\*\/|\*\*|\[[^\]]+\]|[\s\S]/g,
    (part) => doublestarParts[part] ?? (part.length > 1 ? part.replace(/^\[!/, '[^') : part.replace(/[^\w/]/, '\\$&')),
  );
}
