/** What the stand-in sends back: a JSON body, or raw bytes, or nothing. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly raw?: Buffer | string;
}

/** An answer that Harbor gives as `{"errors":[{"code","message"}]}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  answer(): Answer {
    return {
      status: this.status,
      headers: { 'Content-Type': 'application/json; charset=utf-8', ...this.headers },
      body: { errors: [{ code: this.code, message: this.message }] },
    };
  }
}

/** A handler that crashed: Harbor then answers 500 with an empty body. */
export class Panic extends Error {}

export const badRequest = (message: string): Refusal => new Refusal(400, 'BAD_REQUEST', message);
export const unauthorized = (message = 'unauthorized'): Refusal => new Refusal(401, 'UNAUTHORIZED', message);
export const forbidden = (message = 'forbidden'): Refusal => new Refusal(403, 'FORBIDDEN', message);
export const denied = (message: string): Refusal => new Refusal(403, 'DENIED', message);
export const notFound = (message: string): Refusal => new Refusal(404, 'NOT_FOUND', message);
export const conflict = (message: string): Refusal => new Refusal(409, 'CONFLICT', message);
export const precondition = (message: string): Refusal => new Refusal(412, 'PRECONDITION', message);
export const invalid = (message: string): Refusal =>
  new Refusal(422, 'UNPROCESSABLE_ENTITY', `validation failure list:\n${message}`);
export const internal = (): Refusal => new Refusal(500, 'UNKNOWN', 'internal server error');

export const ok = (body?: unknown): Answer => ({ status: 200, ...(body === undefined ? {} : { body }) });
export const created = (location: string, body?: unknown): Answer => ({
  status: 201,
  headers: { Location: location },
  ...(body === undefined ? {} : { body }),
});
