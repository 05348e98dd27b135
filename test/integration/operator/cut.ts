import type { ApiProxy } from '../../cluster/api-proxy.js';
import type { World } from '../../support/world.js';

/** A write of the operator's, carried out by the one who got it. */
export interface Point {
  readonly at: 'Harbor' | 'the API server';
  /** `POST /registries`, or `PATCH registrymirrors/status`: an object's name is left out. */
  readonly write: string;
}

/** What happens at a point: the operator is killed, or goes on without having heard the answer. */
export type Cut = 'kill -9' | 'lost answer';

/** `PATCH registrymirrors/status at the API server` */
export function describePoint({ at, write }: Point): string {
  return `${write} at ${at}`;
}

export interface Recording {
  /** In the order of the answers; grows until the end. */
  readonly points: readonly Point[];
  end(): void;
}

/** `PATCH registrymirrors/status`, from a request's method and path. */
export function apiWrite(method: string, path: string): string {
  const [, , , ...rest] = new URL(path, 'https://x').pathname
    .replace(/^\/api\//, '/apis/core/')
    .split('/')
    .slice(1);
  const [resource = '', , subresource] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  return `${method} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}

/** Where the operator can be cut: the Harbor and the way to the API server that it uses. */
export class Cutter {
  readonly #world: World;
  readonly #proxy: ApiProxy;

  constructor(world: World, proxy: ApiProxy) {
    this.#world = world;
    this.#proxy = proxy;
  }

  /** Notes all writes from now on until `end`. */
  record(): Recording {
    const points: Point[] = [];
    const ends = [
      this.#world.harbor.afterWrite(({ method, route }) => {
        points.push({ at: 'Harbor', write: `${method} ${route}` });
      }),
      this.#proxy.afterResponse(({ method, path }) => {
        points.push({ at: 'the API server', write: apiWrite(method, path) });
        return undefined;
      }),
    ];
    return {
      points,
      end: () => {
        for (const end of ends) end();
      },
    };
  }

  /** Cuts at the next write of this kind, once it is carried out and before it is answered. Resolves when that has happened. */
  async at({ at, write }: Point, cut: Cut): Promise<void> {
    await (at === 'Harbor' ? this.#atHarbor(write, cut) : this.#atApiServer(write, cut));
  }

  async #atHarbor(write: string, cut: Cut): Promise<void> {
    const [method = '', route = ''] = write.split(' ');
    if (cut === 'lost answer') this.#world.harbor.inject({ method, route }, { kind: 'reset', when: 'after' });
    await new Promise<void>((resolve, reject) => {
      const end = this.#world.harbor.afterWrite(async (call) => {
        if (`${call.method} ${call.route}` !== write) return;
        end();
        if (cut === 'kill -9') await this.#world.killOperator().catch(reject);
        resolve();
      });
    });
  }

  async #atApiServer(write: string, cut: Cut): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = this.#proxy.afterResponse(async ({ method, path }) => {
        if (apiWrite(method, path) !== write) return undefined;
        end();
        if (cut === 'kill -9') await this.#world.killOperator().catch(reject);
        resolve();
        return 'Reset';
      });
    });
  }
}
