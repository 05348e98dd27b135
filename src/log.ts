import { createLogger, format, transports } from 'winston';
import type { Logger as WinstonLogger } from 'winston';
import { HarborError } from './harbor/http/errors.js';
import { KubernetesError, LeaseLostError } from './kubernetes/errors.js';

type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a line says besides its message. */
export interface LogFields {
  readonly mirror?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly ms?: number;
  readonly error?: unknown;
  readonly [name: string]: unknown;
}

/** Info when something changed, debug otherwise; warn when a person may have to look, error when a person must. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same log; its lines carry these fields, too. @param fields - asked for at each line, where it is a function */
  with(fields: LogFields | (() => LogFields)): Log;
}

/** JSON lines on this stream, stderr by default: one object each, with timestamp, level and message first. */
export function createLog(level: LogLevel, stream: NodeJS.WritableStream = process.stderr): Log {
  const logger = createLogger({
    level,
    format: format.json({ deterministic: false }),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it by interface
    transports: new transports.Stream({ stream }),
  });
  return logOf(logger, () => ({}));
}

function logOf(logger: WinstonLogger, shared: () => LogFields): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      const line = { timestamp: new Date().toISOString(), level, message };
      // Twice: to come first, and not to be overwritten by a field of that name.
      logger.log({ ...line, ...(printable({ ...shared(), ...fields }) as object), ...line });
    };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    with: (fields) => logOf(logger, () => ({ ...shared(), ...(typeof fields === 'function' ? fields() : fields) })),
  };
}

/** A second net: nothing secret is meant to be logged in the first place. */
const SECRET =
  /^(password|(access[_-]?)?secret|token|auth(orization)?|(set-)?cookie|(private|api)[_-]?key|stringData)$/i;
/** What HTTP libraries hang on their errors: requests and answers, with credentials in their headers and bodies. */
const EXCHANGE = new Set(['body', 'headers', 'config', 'request', 'response', 'data']);
const DEEPEST = 5;

/**
 * The value as plain data. Not left to JSON.stringify: that calls toJSON, and the one of an HTTP library's error puts out the
 * whole request.
 */
function printable(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (depth === DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((item) => printable(item, depth + 1));
  if (value instanceof Error) return printableError(value, depth);
  const fields = Object.entries(value).map(([key, field]) => [
    key,
    isSecret(key, field) ? '***' : printable(field, depth + 1),
  ]);
  return Object.fromEntries(fields);
}

function printableError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(Object.entries(error).filter(([key]) => !EXCHANGE.has(key)));
  return {
    ...(printable(own, depth + 1) as object),
    name,
    message,
    ...(isOfKnownKind(error) ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: printable(cause, depth + 1) }),
  };
}

/** What is foreseen, or comes of the network: its kind and status say all, and a stack would only be noise. Anything else may be a bug. */
function isOfKnownKind(error: Error): boolean {
  return (
    error instanceof HarborError ||
    error instanceof KubernetesError ||
    error instanceof LeaseLostError ||
    // Node's: ECONNREFUSED and so on.
    ('syscall' in error && 'code' in error)
  );
}

function isSecret(key: string, value: unknown): boolean {
  return SECRET.test(key) && value !== undefined && value !== null;
}
