import type { World } from './world.js';

/**
 * Creates new Pods of one image, one after the other, while something happens: nothing that happens to one goes unseen.
 *
 * @returns all images that the Pods got; rejects where a Pod was refused
 */
export async function imagesDuring(
  world: World,
  image: string,
  event: () => Promise<void>,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  const over = new AbortController();
  const stream = async (): Promise<void> => {
    while (!over.signal.aborted) seen.add(await world.imageOfNewPod(image));
  };
  const end = (): void => {
    over.abort();
  };
  await Promise.all([stream(), event().finally(end)]);
  return [...seen];
}
