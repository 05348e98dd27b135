/** What the user gave can't be worked with. The message says what to do; no stack trace helps. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
