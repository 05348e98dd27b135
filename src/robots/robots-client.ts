import { REASONS } from '../api/reasons.js';
import { stalled } from '../api/verdict.js';
import type { Read } from '../credentials/secrets.js';
import { createHarborClient } from '../harbor/client.js';
import type { HarborConnection } from '../harbor/http/connection.js';
import type { RequestOptions } from '../harbor/http/request.js';
import type { RobotsClient } from './own-robot.js';

/** A client for the operator's own Harbor, logged in as a user who may make robots, or why there is none. */
export function robotsClient(connection: Read<HarborConnection>, request: RequestOptions): Read<RobotsClient> {
  if (!connection.ok) return connection;
  try {
    return { ok: true, value: createHarborClient(connection.value, request) };
  } catch (error) {
    // The only errors of the constructor: a url or a CA certificate that can't be used. Their text says what to write.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: stalled(REASONS.harborNotConfigured, `${message}.`) };
  }
}
