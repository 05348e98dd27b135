import type { Readable } from 'node:stream';
import axios, { AxiosError, isCancel } from 'axios';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** How much of a Harbor's answers is held, in bytes as they are after decompression. */
interface AnswerLimits {
  readonly each: number;
  /** Of all that come in at the same time. */
  readonly together: number;
}

/**
 * axios' HTTP adapter, which reads each answer whole, but no more of it than this: what Harbor says of its length is not asked for, and a
 * compressed answer counts as what comes out of it.
 */
export function boundedAdapter(limits: AnswerLimits): AxiosAdapter {
  const http = axios.getAdapter('http');
  let held = 0;

  async function readWhole(config: InternalAxiosRequestConfig, response: AxiosResponse<Readable>): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response.data as AsyncIterable<Buffer>) {
        size += chunk.length;
        held += chunk.length;
        if (size > limits.each) throw tooLarge(`an answer of more than ${limits.each} bytes`, config, response);
        if (held > limits.together) {
          throw tooLarge(`answers of more than ${limits.together} bytes at the same time`, config, response);
        }
        chunks.push(chunk);
      }
      return Buffer.concat(chunks)
        .toString('utf8')
        .replace(/^\uFEFF/, '');
    } finally {
      held -= size;
    }
  }

  return async (config) => {
    // Whether the status is an error is decided once the body is there: it says which.
    const response = await http({ ...config, responseType: 'stream', validateStatus: null });
    const data = await readWhole(config, response as AxiosResponse<Readable>).catch((error: unknown) => {
      throw broken(error, config, response);
    });
    const whole = { ...response, config, data };
    if (config.validateStatus?.(response.status) ?? true) return whole;
    throw new AxiosError(`status ${response.status}`, AxiosError.ERR_BAD_REQUEST, config, response.request, whole);
  };
}

function tooLarge(what: string, config: InternalAxiosRequestConfig, { request }: AxiosResponse): AxiosError {
  return new AxiosError(what, AxiosError.ERR_BAD_RESPONSE, config, request);
}

/** Without the response: it is no answer, and the connection that broke is what counts. */
function broken(error: unknown, config: InternalAxiosRequestConfig, { request }: AxiosResponse): unknown {
  if (!(error instanceof Error) || isCancel(error) || error instanceof AxiosError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'ECONNRESET';
  return new AxiosError(error.message, code.startsWith('Z_') ? AxiosError.ERR_BAD_RESPONSE : code, config, request);
}
