/** The layers of src from below. What is in one may import from those before it, and from its own folder. */
export const LAYERS: readonly (readonly string[])[] = [
  ['api'],
  ['image'],
  ['clock'],
  ['kubernetes'],
  ['engines', 'credentials'],
  ['harbor'],
  ['robots', 'policies'],
  ['pull-secrets', 'fallback'],
  ['mirror'],
  ['log'],
  ['config'],
  ['http'],
  ['controller', 'cli'],
  ['main'],
];

/**
 * Why one file of src must not import another.
 *
 * @param from - relative to src, as `to` is
 * @returns undefined where it may
 */
export function layerProblem(from: string, to: string): string | undefined {
  const [own, other] = [roomOf(from), roomOf(to)];
  if (own === other) return undefined;
  const [ownLayer, otherLayer] = [layerOf(own), layerOf(other)];
  if (ownLayer === -1) return `${own} is in no layer: see scripts/lint/layers.ts.`;
  if (otherLayer < ownLayer) return undefined;
  const relation = otherLayer === ownLayer ? 'beside' : 'above';
  return `${own} must not import from ${other}, which is ${relation} it: see scripts/lint/layers.ts.`;
}

/** The folder in src, or the name of a file that stands there alone. */
function roomOf(file: string): string {
  return (file.split('/')[0] ?? file).replace(/\.ts$/, '');
}

function layerOf(room: string): number {
  return LAYERS.findIndex((layer) => layer.includes(room));
}
