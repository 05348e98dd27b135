/** A call as it was answered. */
export interface RecordedCall {
  readonly method: string;
  /** As Harbor's API description writes it, `/registries/{id}`; the path itself outside the API. */
  readonly route: string;
  readonly path: string;
  readonly status: number;
  /** `admin`, `robot$name`, or nothing for the anonymous. */
  readonly user: string;
}

export type CallFilter = Partial<RecordedCall> | ((call: RecordedCall) => boolean);

const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export function fits(call: RecordedCall, filter: CallFilter): boolean {
  if (typeof filter === 'function') return filter(call);
  return (Object.keys(filter) as (keyof RecordedCall)[]).every((key) => call[key] === filter[key]);
}

/** The calls that a Harbor answered. */
export class Calls {
  #calls: RecordedCall[] = [];

  add(call: RecordedCall): void {
    this.#calls.push(call);
  }

  all(): readonly RecordedCall[] {
    return this.#calls;
  }

  count(filter: CallFilter = {}): number {
    return this.#calls.filter((call) => fits(call, filter)).length;
  }

  reset(): void {
    this.#calls = [];
  }
}

/** Calls to the API that change something; the health check of an endpoint and pulls don't. */
export const isWrite = (call: Omit<RecordedCall, 'status'>): boolean =>
  isApi(call) && writing.has(call.method) && call.route !== '/registries/ping';

/** Calls to the API that read something other than whether Harbor works. */
export const isRead = (call: RecordedCall): boolean =>
  isApi(call) && !writing.has(call.method) && !['/ping', '/health', '/systeminfo'].includes(call.route);

const isApi = (call: Pick<RecordedCall, 'path'>): boolean => call.path.startsWith('/api/v2.0/');
