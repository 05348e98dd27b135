import { isAxiosError } from 'axios';
import type { AxiosAdapter } from 'axios';

declare module 'axios' {
  interface AxiosRequestConfig {
    /** The call's route, with placeholders: see Call. */
    route?: string;
  }
}

/** One attempt of a call. */
export interface Response {
  readonly method: string;
  /** With placeholders: bounded, no names in it. */
  readonly route: string;
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  readonly ms: number;
}

export type ResponseListener = (response: Response) => void;

/** An adapter that tells the listener of each attempt. */
export function measuredAdapter(http: AxiosAdapter, listener: ResponseListener | undefined): AxiosAdapter {
  if (listener === undefined) return http;
  return async (config) => {
    const start = performance.now();
    const tell = (status: number | undefined): void => {
      const method = (config.method ?? 'get').toUpperCase();
      listener({ method, route: config.route ?? '', status, ms: performance.now() - start });
    };
    try {
      const response = await http(config);
      tell(response.status);
      return response;
    } catch (error) {
      tell(isAxiosError(error) ? error.response?.status : undefined);
      throw error;
    }
  };
}
