import { Agent as HttpAgent } from 'node:http';
import { Agent } from 'node:https';
import type { RequestOptions } from 'node:https';

/** Agents that keep their connections. */
export class KeptAgents {
  readonly http = new HttpAgent({ keepAlive: true });
  #https: { readonly key: string; readonly agent: Agent } | undefined;

  /** For TLS as the kubeconfig has it right now. */
  https(options: RequestOptions): Agent {
    const { ca, cert, key, servername } = options;
    const rejectUnauthorized = options.rejectUnauthorized ?? true;
    // A changed CA or client certificate (both may be files that are rotated) needs new connections.
    const identity = JSON.stringify([ca, cert, key, servername, rejectUnauthorized]);
    if (this.#https?.key !== identity) {
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      const defined = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
      this.#https = { key: identity, agent: new Agent({ keepAlive: true, keepAliveMsecs: 30_000, ...defined }) };
    }
    return this.#https.agent;
  }
}
