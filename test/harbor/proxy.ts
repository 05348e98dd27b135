import type { Answer } from './answer.js';
import { notFound } from './answer.js';
import type { Call } from './call.js';

export function pull(call: Call): Answer {
  throw notFound(`path ${call.path} was not found`);
}
