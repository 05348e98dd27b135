import { randomUUID } from 'node:crypto';
import axios from 'axios';
import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { boundedAdapter } from './adapter/bounded.js';
import { callPath, isWrite } from './call.js';
import type { Answer, Call, HarborRequest, LaneName, PullLogin } from './call.js';
import { failure } from './classify.js';
import type { FailureContext } from './classify.js';
import { agentFactory, harborBaseUrl, isProxied } from './connection.js';
import type { HarborAgent, HarborConnection, ProxyEnvironment } from './connection.js';
import { startDeadline } from './deadline.js';
import { HarborError } from './errors.js';
import { fencedAdapter } from './adapter/fenced.js';
import { asHarborError } from './failure.js';
import { Lane } from './lane.js';
import { measuredAdapter } from './adapter/measured.js';
import type { ResponseListener } from './adapter/measured.js';
import { retried } from './retry.js';

const MIB = 1024 * 1024;

export interface RequestOptions {
  /** How long a call may take in all, retries included; default 15 s. */
  readonly requestTimeoutMs?: number;
  /** The same for calls during which Harbor pings the upstream; default twice that. */
  readonly upstreamTimeoutMs?: number;
  /** The same for calls of a pull, during which Harbor asks the upstream; default twice that, too. */
  readonly pullTimeoutMs?: number;
  /** The same for checks of Harbor; default 5 s, or `requestTimeoutMs` where that is shorter. */
  readonly healthTimeoutMs?: number;
  /** Calls at once, per lane; default 8. */
  readonly concurrency?: number;
  /** How often a call that is safe to repeat is repeated; default 2. */
  readonly retries?: number;
  /** The pause before the first repetition, doubled each time, jittered; default 200 ms. */
  readonly retryDelayMs?: number;
  /** The longest Retry-After that is waited for within a call; default 3 s. */
  readonly maxRetryAfterMs?: number;
  /** How much one answer may hold; default 8 MiB, five times the longest page of endpoints with their certificates. */
  readonly maxResponseBytes?: number;
  /** How much all answers that come in at the same time may; default 32 MiB. */
  readonly maxConcurrentBytes?: number;
  readonly proxy?: ProxyEnvironment;
  /** Told of each attempt. */
  readonly onResponse?: ResponseListener;
  /** Called before each attempt of a write; what it throws keeps the write from being sent. */
  readonly mayWrite?: (() => void) | undefined;
  readonly random?: () => number;
  readonly newRequestId?: () => string;
}

/** Whoever hangs for longer is as bad as who refuses: three checks have to fail within 40 s. */
export const HEALTH_TIMEOUT_MS = 5000;

/** More than are sent: who asks as nodes do limits it. */
const PULLS = 32;

/** The request function of a connection, and how to let go of its sockets. */
interface Transport {
  readonly request: HarborRequest;
  readonly close: () => void;
}

interface LaneState {
  readonly lane: Lane;
  readonly agent: HarborAgent;
  readonly timeoutMs: number;
}

/**
 * Composes the one request function: turn in a lane, deadline, login, retry, measurement, errors by kind. No cookies: Harbor sets a `sid`
 * with each answer, and a write that sends it back is a 403 for want of a CSRF token.
 * @throws Error when the connection's URL or certificate can't be used.
 */
export function createTransport(connection: HarborConnection, options: RequestOptions = {}): Transport {
  const base = harborBaseUrl(connection.url);
  const http = httpClient(options);
  const lanes = createLanes(connection, options);
  const newRequestId = options.newRequestId ?? randomUUID;
  const authorization = `Basic ${basic(connection)}`;

  const send = async (context: FailureContext, { agent, timeoutMs }: LaneState): Promise<Answer> => {
    const { call } = context;
    const deadline = startDeadline(timeoutMs, call.signal);
    const headers = headersOf(call, context.requestId, authorization);
    try {
      const config = { ...requestConfig(call, base), headers, httpAgent: agent, httpsAgent: agent };
      return readAnswer(await http.request<string>({ ...config, signal: deadline.signal }), context);
    } catch (error) {
      throw asHarborError(error, context, deadline, timeoutMs);
    } finally {
      deadline.clear();
    }
  };

  const request: HarborRequest = async (call) => {
    const state = lanes[call.lane ?? 'api'];
    const secrets = [authorization.slice(6), connection.password, ...secretsOf(call.body), ...secretsOfLogin(call.as)];
    const context: FailureContext = { call, requestId: newRequestId(), harbor: base, secrets };
    try {
      return await state.lane.run(() => send(context, state), call.signal);
    } catch (error) {
      if (error instanceof HarborError) throw error;
      throw failure(context, { kind: 'aborted', reason: 'given up by the caller before it was sent' });
    }
  };

  const close = (): void => {
    for (const { agent } of Object.values(lanes)) agent.destroy();
  };
  return { request, close };
}

function httpClient(options: RequestOptions): AxiosInstance {
  const limits = {
    each: options.maxResponseBytes ?? 8 * MIB,
    together: options.maxConcurrentBytes ?? 32 * MIB,
  };
  const http = axios.create({
    adapter: fencedAdapter(measuredAdapter(boundedAdapter(limits), options.onResponse), options.mayWrite),
    maxRedirects: 0,
    // The proxy is the agents' affair; with `false` axios takes it out of them.
    ...(isProxied(options.proxy) ? {} : { proxy: false }),
    transformResponse: (body: unknown) => body,
    transformRequest: (body: unknown) => body,
  });
  return retried(http, {
    retries: options.retries ?? 2,
    delayMs: options.retryDelayMs ?? 200,
    maxRetryAfterMs: options.maxRetryAfterMs ?? 3000,
    random: options.random ?? Math.random,
  });
}

function createLanes(connection: HarborConnection, options: RequestOptions): Readonly<Record<LaneName, LaneState>> {
  const newAgent = agentFactory(connection, options.proxy);
  const lane = (limit: number, timeoutMs: number): LaneState => ({
    lane: new Lane(limit),
    agent: newAgent(limit),
    timeoutMs,
  });
  const concurrency = options.concurrency ?? 8;
  const timeoutMs = options.requestTimeoutMs ?? 15_000;
  return {
    api: lane(concurrency, timeoutMs),
    upstream: lane(concurrency, options.upstreamTimeoutMs ?? 2 * timeoutMs),
    health: lane(4, options.healthTimeoutMs ?? Math.min(timeoutMs, HEALTH_TIMEOUT_MS)),
    pull: lane(PULLS, options.pullTimeoutMs ?? 2 * timeoutMs),
  };
}

function requestConfig(call: Call, base: string): AxiosRequestConfig<string> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(call.query ?? {})) query.set(key, String(value));
  const suffix = query.size === 0 ? '' : `?${query.toString()}`;
  return {
    method: call.method,
    url: `${base}${callPath(call)}${suffix}`,
    route: call.route,
    ...(call.body === undefined ? {} : { data: JSON.stringify(call.body) }),
    ...(call.isAnsweredByChallenge === true ? { validateStatus: isAnswerOrChallenge } : {}),
    // These ask whether Harbor answers now, not whether it does in the end.
    ...(call.lane === 'health' || call.lane === 'pull' ? { 'axios-retry': { retries: 0 } } : {}),
  };
}

function headersOf(call: Call, requestId: string, authorization: string): Record<string, string> {
  return {
    Accept: call.accept ?? 'application/json',
    'X-Request-Id': requestId,
    // Without it a project called 12345 is taken for an id.
    'X-Is-Resource-Name': String(call.byName ?? false),
    ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(call.anonymous === true ? {} : { Authorization: authorizationOf(call.as) ?? authorization }),
  };
}

function authorizationOf(login: Call['as']): string | undefined {
  if (login === undefined) return undefined;
  return 'token' in login ? `Bearer ${login.token}` : `Basic ${basic(login)}`;
}

function basic({ username, password }: PullLogin): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function secretsOfLogin(login: Call['as']): readonly string[] {
  if (login === undefined) return [];
  return 'token' in login ? [login.token] : [basic(login), login.password];
}

function isAnswerOrChallenge(status: number): boolean {
  return (status >= 200 && status < 300) || status === 401;
}

/** What a body holds that must not come back in an error message, should Harbor repeat it. */
function secretsOf(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return key === 'access_secret' || key === 'secret' ? [value] : [];
    return secretsOf(value);
  });
}

function readAnswer(response: AxiosResponse<string>, context: FailureContext): Answer {
  const { status, data, headers } = response;
  const total: unknown = headers['x-total-count'];
  const location: unknown = headers.location;
  const challenge: unknown = headers['www-authenticate'];
  // A header says it all: its page may be that of a proxy in front.
  const isChallenge = status === 401;
  return {
    status,
    body: data === '' || isChallenge ? undefined : parseBody(data, status, context),
    characters: data.length,
    location: typeof location === 'string' ? location : undefined,
    // Fifteen digits are a whole number for sure.
    total: typeof total === 'string' && /^\d{1,15}$/.test(total) ? Number(total) : undefined,
    challenge: typeof challenge === 'string' ? challenge : undefined,
  };
}

function parseBody(body: string, status: number, context: FailureContext): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const reason = 'no JSON: there is something else than Harbor at this address, or in front of it';
    throw failure(context, { kind: 'unexpectedAnswer', reason, status, mayHaveHappened: isWrite(context.call.method) });
  }
}
