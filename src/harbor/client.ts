import type { HarborApi } from './api.js';
import type { HarborConnection } from './connection.js';
import { presenceCalls } from './presence.js';
import { projectCalls } from './projects.js';
import { quotaCalls } from './quotas.js';
import { registryCalls } from './registries.js';
import { repositoryCalls } from './repositories.js';
import { createTransport } from './request.js';
import type { RequestOptions } from './request.js';
import { retentionCalls } from './retentions.js';
import { robotCalls } from './robots.js';
import { systemCalls } from './system.js';

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
    ...registryCalls(request),
    ...projectCalls(request),
    ...repositoryCalls(request),
    ...quotaCalls(request),
    ...retentionCalls(request),
    ...robotCalls(request),
    close,
  };
}
