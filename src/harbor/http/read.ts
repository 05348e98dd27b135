import type { z } from 'zod';
import type { Answer, Call, HarborRequest } from './call.js';
import { callPath } from './call.js';
import { HarborError, isHarborError } from './errors.js';
import type { HarborErrorKind } from './errors.js';

/** The most that Harbor gives out at once; 101 is a 422. */
export const PAGE_SIZE = 100;
const ATTEMPTS = 3;

/** Makes the call and reads its answer by this schema. A HarborError `unexpectedAnswer` names the fields, not the values. */
export async function readAs<T>(request: HarborRequest, call: Call, schema: z.ZodType<T>): Promise<T> {
  return parseAnswer(call, await request(call), schema);
}

/** As readAs, with Harbor's X-Total-Count. */
export async function readAnswerOf<T>(
  request: HarborRequest,
  call: Call,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T; readonly total: number | undefined }> {
  const answer = await request(call);
  return { value: parseAnswer(call, answer, schema), total: answer.total };
}

/** As readAs; undefined where Harbor answers that the object isn't there. */
export async function readIfThere<T>(request: HarborRequest, call: Call, schema: z.ZodType<T>): Promise<T | undefined> {
  const answer = await unless(request(call), 'notFound');
  return answer === undefined ? undefined : parseAnswer(call, answer, schema);
}

/** Waits for it; undefined where it fails in this way. */
export async function unless<T>(promise: Promise<T>, kind: HarborErrorKind): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isHarborError(error, kind)) return undefined;
    throw error;
  }
}

/** The id at the end of Location: POST answers 201 with that and, but for robots, no body. */
export function createdId(call: Call, answer: Answer): number {
  const id = /\/(\d+)$/.exec(answer.location ?? '')?.[1];
  if (id === undefined) throw unexpected(call, 'no Location with an id: look it up by name', answer.status, true);
  return Number(id);
}

/**
 * Reads all pages of a list: the first, then the others side by side. An object that goes away meanwhile can push another one out of sight,
 * to the page that was just read; then there are fewer than the first page promised and all is read again, up to three
 * times. Created and deleted at once can still hide one: before anything is made or given up because it is missing here, look it
 * up by name.
 */
export async function readPages<T extends { readonly id: number }>(
  request: HarborRequest,
  call: Call,
  schema: z.ZodType<T>,
): Promise<readonly T[]> {
  const items = schema.array();
  for (let attempt = 1; ; attempt++) {
    const { found, promised } = await readPagesOnce(request, call, items);
    if (found.size >= promised || attempt === ATTEMPTS) return [...found.values()];
  }
}

async function readPagesOnce<T extends { readonly id: number }>(
  request: HarborRequest,
  call: Call,
  schema: z.ZodType<T[]>,
): Promise<{ readonly found: ReadonlyMap<number, T>; readonly promised: number }> {
  const page = async (
    number: number,
  ): Promise<{ readonly items: readonly T[]; readonly total: number | undefined }> => {
    const paged = { ...call, query: { ...call.query, page: number, page_size: PAGE_SIZE } };
    const answer = await request(paged);
    return { items: parseAnswer(paged, answer, schema), total: answer.total };
  };
  const first = await page(1);
  if (first.total === undefined && first.items.length === PAGE_SIZE) {
    throw unexpected(call, 'no X-Total-Count: does a proxy in front of Harbor drop it?', 200, false);
  }
  const promised = first.total ?? first.items.length;
  const others = Array.from({ length: Math.ceil(promised / PAGE_SIZE) - 1 }, (_, index) => page(index + 2));
  const pages = [first, ...(await Promise.all(others))];
  return { found: new Map(pages.flatMap(({ items }) => items.map((item) => [item.id, item]))), promised };
}

/**
 * The filter for an exact name, or undefined where the name can't be asked for: Harbor splits at commas however they are encoded, and takes
 * brackets, braces, `~` and quotes for its query language. Harbor's comparison is case-sensitive.
 */
export function exactName(name: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? `name=${name}` : undefined;
}

function parseAnswer<T>(call: Call, answer: Answer, schema: z.ZodType<T>): T {
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.map(String).join('.');
  throw unexpected(call, `${where}: ${issue?.code ?? 'unreadable'}`, answer.status, false);
}

function unexpected(call: Call, reason: string, status: number, mayHaveHappened: boolean): HarborError {
  const { method } = call;
  return new HarborError({ kind: 'unexpectedAnswer', method, path: callPath(call), reason, status, mayHaveHappened });
}
