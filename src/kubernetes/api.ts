import type { RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import axios from 'axios';
import type { AxiosInstance, AxiosResponse } from 'axios';
import { KeptAgents } from './kept-agents.js';
import { errorFromAnswer, isMissing, KubernetesError } from './errors.js';
import type { KubernetesObject, Resource } from './objects.js';
import { resourcePath } from './objects.js';
import { PATCH_CONTENT_TYPE } from './request.js';
import type { KubernetesRequest, ListPage, PatchType } from './request.js';

const TIMEOUT_MS = 15_000;
const PAGE_SIZE = 500;

interface KubernetesApiOptions {
  /** Called before each write; what it throws keeps the write from being sent. */
  readonly mayWrite?: (() => void) | undefined;
  /** How long a call may take that says nothing else, and the opening of a watch. Default 15 s. */
  readonly timeoutMs?: number;
}

/**
 * Calls to the API server with what the client's own transport lacks: connections that are kept, a timeout on each call, and
 * errors that carry neither a token nor a body. The kubeconfig is asked for credentials before each call, so a rotated token is
 * used at once.
 */
export class KubernetesApi {
  readonly #kubeConfig: KubeConfig;
  readonly #http: AxiosInstance;
  readonly #mayWrite: (() => void) | undefined;
  readonly #timeoutMs: number;
  readonly #agents = new KeptAgents();

  constructor(kubeConfig: KubeConfig, options: KubernetesApiOptions = {}) {
    this.#kubeConfig = kubeConfig;
    this.#mayWrite = options.mayWrite;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#http = axios.create({ proxy: false, maxRedirects: 0, validateStatus: () => true, maxBodyLength: Infinity });
  }

  /** The API server's url. */
  get server(): string {
    const cluster = this.#kubeConfig.getCurrentCluster();
    if (!cluster) throw new KubernetesError('unexpected', 'the kubeconfig has no current cluster');
    return cluster.server.replace(/\/+$/, '');
  }

  /**
   * One call.
   *
   * @returns the answer's body
   * @throws KubernetesError for every answer that isn't 2xx and for a connection that failed (kind `unavailable`)
   * @throws what `mayWrite` throws
   */
  async request<T>(request: KubernetesRequest): Promise<T> {
    const response = await this.#send(request, 'json');
    if (response.status < 200 || response.status > 299) throw this.#error(request, response, response.data);
    return response.data as T;
  }

  /**
   * Reads one object; undefined where there is none.
   *
   * @throws KubernetesError `notFound` where the kind isn't served
   */
  async get<T extends KubernetesObject>(resource: Resource, name: string): Promise<T | undefined> {
    try {
      return await this.request<T>({ method: 'GET', path: resourcePath(resource, name) });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** One page of a collection. Items of built-in kinds come without apiVersion and kind in a list; they are given to them here. */
  async listPage<T>(
    resource: Resource,
    query: Readonly<Record<string, string>>,
    continueToken?: string,
    signal?: AbortSignal,
  ): Promise<ListPage<T>> {
    const page = await this.request<ListPage<T>>({
      method: 'GET',
      path: resourcePath(resource),
      query: { ...query, limit: PAGE_SIZE, ...(continueToken === undefined ? {} : { continue: continueToken }) },
      ...(signal === undefined ? {} : { signal }),
    });
    const kind = page.kind?.replace(/List$/, '');
    return { ...page, items: page.items.map((item) => ({ apiVersion: page.apiVersion, kind, ...item })) };
  }

  async create<T extends KubernetesObject>(resource: Resource, object: unknown): Promise<T> {
    return await this.request<T>({ method: 'POST', path: resourcePath(resource), body: object });
  }

  /**
   * Patches one object or its subresource.
   *
   * @param fieldManager - required by `apply`, which then takes over fields that others changed
   */
  async patch<T extends KubernetesObject>(
    resource: Resource,
    name: string,
    type: PatchType,
    body: unknown,
    options: { readonly subresource?: string; readonly fieldManager?: string } = {},
  ): Promise<T> {
    const query: Record<string, string> = {};
    if (options.fieldManager !== undefined) query.fieldManager = options.fieldManager;
    if (type === 'apply') query.force = 'true';
    return await this.request<T>({
      method: 'PATCH',
      path: resourcePath(resource, name, options.subresource),
      query,
      body,
      contentType: PATCH_CONTENT_TYPE[type],
    });
  }

  async replace<T extends KubernetesObject>(resource: Resource, name: string, object: unknown): Promise<T> {
    return await this.request<T>({ method: 'PUT', path: resourcePath(resource, name), body: object });
  }

  /**
   * Deletes this very object, and none that somebody has made under its name meanwhile. One that is gone already is no error.
   *
   * @returns the object where its finalizers hold it
   * @throws KubernetesError `conflict` where another object has the name now; `notFound` where the kind isn't served
   */
  async delete(
    resource: Resource,
    { metadata: { name, uid } }: KubernetesObject,
  ): Promise<KubernetesObject | undefined> {
    try {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      const answer = await this.request<KubernetesObject>({
        method: 'DELETE',
        path: resourcePath(resource, name),
        body,
      });
      // What is gone is answered by a Status, or by the object as it was last.
      return answer.metadata.finalizers?.length ? answer : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Opens a watch: a stream of JSON lines. The caller bounds its time by `signal`; the API server answers at once that it is open. */
  async openWatch(
    resource: Resource,
    query: Readonly<Record<string, string | number | boolean>>,
    signal: AbortSignal,
  ): Promise<Readable> {
    const opening = new AbortController();
    const request: KubernetesRequest = {
      method: 'GET',
      path: resourcePath(resource),
      query,
      signal: AbortSignal.any([signal, opening.signal]),
      timeoutMs: 0,
    };
    // A connection that is stuck would cost as long as a watch may last.
    const late = setTimeout(() => {
      opening.abort();
    }, this.#timeoutMs);
    const response = await this.#send(request, 'stream').finally(() => {
      clearTimeout(late);
    });
    const stream = response.data as Readable;
    if (response.status === 200) return stream;
    throw this.#error(request, response, await readJson(stream));
  }

  async #send(request: KubernetesRequest, responseType: 'json' | 'stream'): Promise<AxiosResponse<unknown>> {
    const options = await this.#options();
    const headers: Record<string, string> = { ...(options.headers as Record<string, string> | undefined) };
    if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    if (request.body !== undefined) headers['Content-Type'] = request.contentType ?? 'application/json';
    // As late as can be: reading the credentials may have taken its time.
    if (request.method !== 'GET') this.#mayWrite?.();
    try {
      return await this.#http.request<unknown>({
        method: request.method,
        url: `${this.server}${request.path}`,
        params: request.query,
        data: request.body === undefined ? undefined : JSON.stringify(request.body),
        headers,
        responseType,
        timeout: request.timeoutMs ?? this.#timeoutMs,
        httpsAgent: this.#agents.https(options),
        httpAgent: this.#agents.http,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
    } catch (error) {
      // An axios error holds the request's Authorization header: it must not get out.
      const reason = axios.isAxiosError(error) ? (error.code ?? error.message) : String(error);
      throw new KubernetesError('unavailable', `${request.method} ${request.path}: ${reason}`);
    }
  }

  /** TLS and credentials as the kubeconfig has them right now. */
  async #options(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#kubeConfig.applyToHTTPSOptions(options);
    } catch (error) {
      // A file that is being replaced, or a credentials plugin that failed: worth another try.
      const reason = error instanceof Error ? error.message : String(error);
      throw new KubernetesError('unavailable', `The kubeconfig's credentials can't be read: ${reason}`);
    }
    return options;
  }

  #error(request: KubernetesRequest, response: AxiosResponse<unknown>, body: unknown): KubernetesError {
    const retryAfter: unknown = response.headers['retry-after'];
    return errorFromAnswer(
      `${request.method} ${request.path}`,
      response.status,
      body,
      typeof retryAfter === 'string' ? retryAfter : undefined,
    );
  }
}

async function readJson(stream: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer));
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    // Not a metav1.Status (a proxy's page, say): the status code alone tells.
    return undefined;
  }
}
