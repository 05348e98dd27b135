import type { z } from 'zod';
import type { Answer, Call, HarborRequest } from '../http/call.js';
import { callPath, isWrite } from '../http/call.js';
import { HarborError, isHarborError } from '../http/errors.js';
import type { HarborErrorKind } from '../http/errors.js';
import { redact } from '../http/redact.js';
import { fault } from './listing.js';

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
  const id = Number(/\/(\d+)$/.exec(answer.location ?? '')?.[1]);
  if (!Number.isSafeInteger(id)) {
    throw unexpected(call, 'no Location with an id: look it up by name', answer.status);
  }
  return id;
}

/**
 * The filter for an exact name, or undefined where the name can't be asked for: Harbor splits at commas however they are encoded, and takes
 * brackets, braces, `~` and quotes for its query language. Harbor's comparison is case-sensitive.
 */
export function exactName(name: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? `name=${name}` : undefined;
}

/** An answer that isn't Harbor's; a write may have been carried out all the same. */
export function unexpected(call: Call, reason: string, status: number): HarborError {
  const { method } = call;
  return new HarborError({
    kind: 'unexpectedAnswer',
    method,
    path: callPath(call),
    reason: redact(reason, []),
    status,
    mayHaveHappened: isWrite(method),
  });
}

function parseAnswer<T>(call: Call, answer: Answer, schema: z.ZodType<T>): T {
  const result = schema.safeParse(answer.body);
  if (result.success) return result.data;
  throw unexpected(call, fault(result.error), answer.status);
}
