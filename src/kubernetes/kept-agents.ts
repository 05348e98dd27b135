import { Agent as HttpAgent } from 'node:http';
import { Agent } from 'node:https';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';

/** Agents that keep their connections. */
export class KeptAgents {
  readonly http = new HttpAgent({ keepAlive: true });
  #https: { readonly tls: Partial<RequestOptions>; readonly agent: Agent } | undefined;

  /** For TLS as the kubeconfig has it right now. */
  https({ ca, cert, key, servername, rejectUnauthorized = true }: RequestOptions): Agent {
    const all = { ca, cert, key, servername, rejectUnauthorized };
    const tls = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    // A changed CA or client certificate (both may be files that are rotated) needs new connections.
    if (this.#https === undefined || !isDeepStrictEqual(this.#https.tls, tls))
      this.#https = { tls, agent: new Agent({ keepAlive: true, keepAliveMsecs: 30_000, ...tls }) };
    return this.#https.agent;
  }
}
