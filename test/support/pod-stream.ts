import type { World } from './world.js';

/** New Pods of one image, one after the other until it is stopped: nothing that happens meanwhile goes unseen. */
export class PodStream {
  readonly #stopping = new AbortController();
  readonly #seen = new Set<string>();
  readonly #loop: Promise<void>;

  constructor(world: World, image: string) {
    this.#loop = this.#run(world, image);
    // The error, a Pod that was refused, comes out of stop().
    this.#loop.catch(() => undefined);
  }

  /** Resolves with all images that the Pods got; rejects where a Pod was refused. */
  async stop(): Promise<readonly string[]> {
    this.#stopping.abort();
    await this.#loop;
    return [...this.#seen];
  }

  async #run(world: World, image: string): Promise<void> {
    while (!this.#stopping.signal.aborted) this.#seen.add(await world.imageOfNewPod(image));
  }
}
