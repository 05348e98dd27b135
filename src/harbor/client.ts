import { REASONS } from '../api/reasons.js';
import { stalled } from '../api/verdict.js';
import type { Read } from '../credentials/secrets.js';
import type { HarborApi } from './api.js';
import type { HarborConnection } from './http/connection.js';
import { presenceCalls } from './calls/presence.js';
import { projectCalls } from './calls/projects.js';
import { pullCalls } from './calls/pulls.js';
import { quotaCalls } from './calls/quotas.js';
import { registryCalls } from './calls/registries.js';
import { repositoryCalls } from './calls/repositories.js';
import { createTransport } from './http/request.js';
import type { RequestOptions } from './http/request.js';
import { retentionCalls } from './calls/retentions.js';
import { robotCalls } from './calls/robots.js';
import { systemCalls } from './calls/system.js';

/** A Harbor to talk to, and how to let go of its connections. */
export interface HarborClient extends HarborApi {
  /** Closes the connections; calls under way fail. */
  close(): void;
}

/**
 * The client for one Harbor. Nothing is sent yet.
 * @throws Error when the connection's URL or CA certificate can't be used; the message says what to write instead.
 */
export function createHarborClient(connection: HarborConnection, options: RequestOptions = {}): HarborClient {
  const { request, close } = createTransport(connection, options);
  return {
    ...systemCalls(request),
    ...presenceCalls(request),
    ...pullCalls(request, connection.url),
    ...registryCalls(request),
    ...projectCalls(request),
    ...repositoryCalls(request),
    ...quotaCalls(request),
    ...retentionCalls(request),
    ...robotCalls(request),
    close,
  };
}

/** The client for a Harbor that may not be known how to reach, or why there is none. */
export function openClient(connection: Read<HarborConnection>, options: RequestOptions): Read<HarborClient> {
  if (!connection.ok) return connection;
  try {
    return { ok: true, value: createHarborClient(connection.value, options) };
  } catch (error) {
    // The only errors of the constructor: a url or a CA certificate that can't be used. Their text says what to write.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: stalled(REASONS.harborNotConfigured, `${message}.`) };
  }
}
