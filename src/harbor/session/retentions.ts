import type { HarborApi } from '../api.js';
import type { InventoryView } from '../inventory.js';
import type { Retention } from '../types.js';

/** Retention policies have no list: each is a read of its own, so they are looked at less often than the rest. */
const MAX_AGE_MS = 3_600_000;

/** One Harbor's retention policies, as last read. */
export class Retentions {
  readonly #client: Pick<HarborApi, 'getProject' | 'getRetention'>;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #known = new Map<number, { readonly value: Retention | 'none'; readonly at: number }>();

  constructor(client: Pick<HarborApi, 'getProject' | 'getRetention'>, signal: AbortSignal, now: () => number) {
    this.#client = client;
    this.#signal = signal;
    this.#now = now;
  }

  /**
   * The retention policy of a project; undefined where there is no project of this name.
   *
   * @throws HarborError
   */
  async of(view: InventoryView, projectName: string): Promise<Retention | 'none' | undefined> {
    const project = view.projectByName(projectName);
    if (project === undefined) return undefined;
    const known = this.#known.get(project.id);
    const at = this.#now();
    if (known !== undefined && at - known.at < MAX_AGE_MS) return known.value;
    const options = { signal: this.#signal };
    // Harbor gives a new proxy project a policy of its own, which the answer to its creation doesn't tell.
    const id = project.retentionId ?? (await this.#client.getProject(project.id, options))?.retentionId;
    const value = id === undefined ? 'none' : await this.#client.getRetention(id, options);
    this.#known.set(project.id, { value, at });
    return value;
  }

  /** To be told of each write: the policy of this project is read anew. */
  forget(projectId: number): void {
    this.#known.delete(projectId);
  }

  forgetAll(): void {
    this.#known.clear();
  }
}
