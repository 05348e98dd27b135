import type { HarborClient } from '../../../../src/harbor/client.js';
import { HarborError } from '../../../../src/harbor/http/errors.js';
import type { HarborErrorKind } from '../../../../src/harbor/http/errors.js';
import { HarborSession } from '../../../../src/harbor/session/harbor-session.js';
import type { HarborSessionOptions } from '../../../../src/harbor/session/harbor-session.js';
import type { SessionChange } from '../../../../src/harbor/session/news.js';
import { UpstreamCalls } from '../../../../src/harbor/session/upstream/upstream-calls.js';
import type { Project } from '../../../../src/harbor/types.js';

export function harborError(kind: HarborErrorKind, reason = `it is ${kind}`): HarborError {
  return new HarborError({ kind, method: 'GET', path: '/api/v2.0/asked', reason });
}

/** A Harbor in memory: what a test sets here is what the session's calls see. */
export class FakeHarbor {
  /** What goes wrong with each call, if anything. */
  readonly fails: Partial<Record<'health' | 'token' | 'access' | 'info' | 'present', Error | undefined>> = {};
  readonly counts = { checks: 0, projectLists: 0 };
  /** Whether lists of endpoints are never answered. */
  hangs = false;
  unhealthy: readonly string[] = [];
  externalUrl: string | undefined = 'https://pull.example.org';
  version: string | undefined = 'v2.15.2';
  projects: readonly Project[] = [];

  get client(): HarborClient {
    const calls: Partial<HarborClient> = {
      health: async () => {
        this.counts.checks += 1;
        await this.#answer('health');
        return { status: this.unhealthy.length === 0 ? 'healthy' : 'unhealthy', unhealthy: this.unhealthy };
      },
      checkTokenService: () => this.#answer('token'),
      checkAccess: () => this.#answer('access'),
      systemInfo: async () => {
        await this.#answer('info');
        return {
          authMode: 'db_auth',
          readOnly: false,
          ...(this.version !== undefined && { version: this.version }),
          ...(this.externalUrl !== undefined && { externalUrl: this.externalUrl }),
        };
      },
      listEndpoints: async (options) => {
        if (this.hangs) await aborted(options?.signal);
        return { items: [], unreadable: [] };
      },
      listProjects: () => {
        this.counts.projectLists += 1;
        return Promise.resolve({ items: this.projects, unreadable: [] });
      },
      listPresent: async () => {
        await this.#answer('present');
        const none = new Set<number>();
        return { endpoints: none, unhealthy: none, projects: new Set(this.projects.map(({ id }) => id)) };
      },
      close: () => undefined,
    };
    return new Proxy(calls as HarborClient, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (call === undefined) throw new Error(`The fake Harbor has no ${String(name)}.`);
        return call;
      },
    });
  }

  async #answer(what: keyof FakeHarbor['fails']): Promise<void> {
    await Promise.resolve();
    const error = this.fails[what];
    if (error instanceof Error) throw error;
  }
}

/** Ends as a call does whose signal is aborted, and without one never. */
async function aborted(signal: AbortSignal | undefined): Promise<never> {
  return await new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(harborError('aborted'));
    });
  });
}

/** A session with this Harbor that checks without a pause, and what it said. */
export function startSession(
  harbor: FakeHarbor,
  options: Partial<HarborSessionOptions> = {},
): { readonly session: HarborSession; readonly changes: SessionChange[]; readonly bugs: unknown[] } {
  const changes: SessionChange[] = [];
  const bugs: unknown[] = [];
  const session = new HarborSession({
    url: 'https://harbor.example.org',
    client: harbor.client,
    checkEveryMs: 1,
    thresholds: { failures: 3, successes: 3 },
    wasUp: true,
    upstreamCalls: new UpstreamCalls({ now: () => performance.now(), onTurn: () => undefined }),
    onTurn: () => undefined,
    onChange: (change) => changes.push(change),
    findMissingPermissions: () => Promise.resolve([]),
    onMissingPermissions: () => undefined,
    onBug: (error) => bugs.push(error),
    now: () => performance.now(),
    ...options,
  });
  session.start();
  return { session, changes, bugs };
}
