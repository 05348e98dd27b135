import { isAxiosError } from 'axios';
import type { AxiosError, AxiosResponse } from 'axios';
import { LeaseLostError } from '../../kubernetes/errors.js';
import { withAdvice } from './advice.js';
import { isWrite } from './call.js';
import { failedAnswer, failure } from './classify.js';
import type { FailureContext } from './classify.js';
import type { Deadline } from './deadline.js';
import { HarborError } from './errors.js';
import { retryAfterMs, surelyNotSent } from './retry.js';

/**
 * Turns whatever a request threw into a HarborError. Nothing of the AxiosError is kept but codes and texts: it holds the request with
 * its Authorization header and body.
 */
export function asHarborError(
  error: unknown,
  context: FailureContext,
  deadline: Deadline,
  timeoutMs: number,
): HarborError {
  if (error instanceof HarborError) return error;
  if (error instanceof LeaseLostError)
    return failure(context, { kind: 'aborted', reason: `not sent: ${error.message}` });
  const mayHaveHappened = isWrite(context.call.method);
  if (deadline.expired()) {
    const reason = `no answer within ${timeoutMs / 1000} s`;
    return failure(context, { kind: 'timeout', reason, mayHaveHappened });
  }
  if (context.call.signal?.aborted === true) {
    return failure(context, { kind: 'aborted', reason: 'given up by the caller', mayHaveHappened });
  }
  if (!isAxiosError(error)) {
    return failure(context, { kind: 'unexpectedAnswer', reason: String(error), mayHaveHappened });
  }
  return error.response === undefined
    ? noAnswer(error, context)
    : answered(error.response as AxiosResponse<unknown>, context);
}

function answered(response: AxiosResponse<unknown>, context: FailureContext): HarborError {
  const { status, data, headers } = response;
  return failedAnswer(
    {
      status,
      body: typeof data === 'string' ? data : '',
      contentType: headerText(headers['content-type']) ?? '',
      location: headerText(headers.location),
      retryAfterMs: retryAfterMs(headers['retry-after']),
    },
    context,
  );
}

function noAnswer(error: AxiosError, context: FailureContext): HarborError {
  const code = error.code ?? 'UNKNOWN';
  const mayHaveHappened = isWrite(context.call.method) && !surelyNotSent(code);
  if (code === 'ERR_BAD_RESPONSE') {
    return failure(context, { kind: 'unexpectedAnswer', reason: error.message, code, mayHaveHappened });
  }
  if (isCertificateError(code)) {
    const reason = `Harbor's TLS certificate is not trusted (${error.message}): give its CA certificate in the Secret, under ca.crt`;
    return failure(context, { kind: 'untrustedCertificate', reason, code });
  }
  const reason = withAdvice(code, error.message === '' ? code : error.message);
  return failure(context, { kind: 'unreachable', reason, code, mayHaveHappened });
}

/** OpenSSL's verification errors, as Node names them. */
function isCertificateError(code: string): boolean {
  return /CERT|^UNABLE_TO_|^ERR_TLS_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$/.test(code);
}

function headerText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
