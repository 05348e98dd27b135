import { newPod } from './new-pod.js';
import type { World } from './world.js';

/**
 * Creates new Pods of each image, one after the other, while something happens: nothing that happens to one goes unseen.
 *
 * @returns for each image all that its Pods got, with the pull Secrets that they got, too; rejects where a Pod was refused
 */
export async function podsDuring(
  world: World,
  images: readonly string[],
  event: () => Promise<void>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const over = new AbortController();
  const stream = async (image: string): Promise<readonly [string, readonly string[]]> => {
    const seen = new Set<string>();
    while (!over.signal.aborted) {
      const pod = await newPod(world, 'default', image);
      seen.add([pod.image, ...pod.secrets].join(' with '));
    }
    return [image, [...seen]];
  };
  const end = (): void => {
    over.abort();
  };
  const [seen] = await Promise.all([Promise.all(images.map(stream)), event().finally(end)]);
  return Object.fromEntries(seen);
}

/** The same with Pods of one image. */
export async function imagesDuring(
  world: World,
  image: string,
  event: () => Promise<void>,
): Promise<readonly string[]> {
  const { [image]: seen = [] } = await podsDuring(world, [image], event);
  return seen;
}
