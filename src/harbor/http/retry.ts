import axiosRetry from 'axios-retry';
import type { AxiosError, AxiosInstance } from 'axios';

interface RetryRules {
  readonly retries: number;
  readonly delayMs: number;
  readonly maxRetryAfterMs: number;
  readonly random: () => number;
}

/** What the system says when the request surely never left. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
/**
 * What a proxy in front answers while Harbor restarts, or is told to slow down. Not 504: the time is up. Not 500: that is Harbor's own
 * answer (a ping that failed, a retention policy that isn't there), and the same a moment later.
 */
const PASSING = new Set([429, 502, 503]);

/** Has this client repeat what is safe to repeat. A POST is repeated only when it surely was never sent. */
export function retried(http: AxiosInstance, rules: RetryRules): AxiosInstance {
  axiosRetry(http, {
    retries: rules.retries,
    retryCondition: (error) => isWorthRepeating(error, rules.maxRetryAfterMs),
    retryDelay: (count, error) => {
      const backoff = rules.delayMs * 2 ** (count - 1);
      return Math.max(retryAfterOf(error) ?? 0, backoff / 2) + (rules.random() * backoff) / 2;
    },
  });
  return http;
}

export function surelyNotSent(code: string | undefined): boolean {
  return code !== undefined && NOT_SENT.has(code);
}

function isWorthRepeating(error: AxiosError, maxRetryAfterMs: number): boolean {
  if (error.response === undefined && surelyNotSent(error.code)) return true;
  if (!IDEMPOTENT.has((error.config?.method ?? '').toUpperCase())) return false;
  if (error.response === undefined) return error.code !== undefined && BROKEN.has(error.code);
  return PASSING.has(error.response.status) && (retryAfterOf(error) ?? 0) <= maxRetryAfterMs;
}

function retryAfterOf(error: AxiosError): number | undefined {
  return retryAfterMs(error.response?.headers['retry-after']);
}

/** Retry-After as milliseconds from now: seconds, or an HTTP date. Undefined where it is neither. */
export function retryAfterMs(header: unknown, now: () => number = Date.now): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}
