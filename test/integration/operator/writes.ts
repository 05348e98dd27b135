import { OPERATOR_USER } from '../../support/operator.js';
import type { World } from '../../support/world.js';
import type { AuditMark, AuditRecord } from '../../cluster/audit.js';

/** What the operator wrote to the API server and to Harbor since {@link countWrites}. */
export class WriteCount {
  readonly #world: World;
  readonly #mark: AuditMark;

  constructor(world: World, mark: AuditMark) {
    this.#world = world;
    this.#mark = mark;
  }

  /** `POST /registries` and so on, in the order of the answers. */
  harbor(): readonly string[] {
    return this.#world.harbor.writes().map(({ method, route }) => `${method} ${route}`);
  }

  /** `create events dockerhub` and so on: verb, resource and object; a name that the server or chance chose is left out. */
  async api(): Promise<readonly string[]> {
    const records = await this.#world.cluster.audit.writes({ user: OPERATOR_USER }, this.#mark);
    return records.map(describeWrite);
  }
}

/** Counts from now on. */
export async function countWrites(world: World): Promise<WriteCount> {
  world.harbor.resetCounts();
  return new WriteCount(world, await world.cluster.audit.mark());
}

function describeWrite({ verb, resource, name }: AuditRecord): string {
  return resource === 'events' || name === undefined ? `${verb} ${resource}` : `${verb} ${resource} ${name}`;
}
