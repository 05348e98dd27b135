import { renderPolicies } from '../../engines/render.js';
import { readMirrors } from '../files/mirrors-file.js';
import type { Output } from '../output.js';
import { yaml } from '../output.js';
import { place } from './placement.js';

interface RenderInput {
  readonly filename: readonly string[];
  readonly harborHost?: string;
  readonly excludedNamespaces: readonly string[];
}

/** Prints the policies that the operator would write for these mirrors, as YAML. Needs no cluster and no Harbor. */
export async function render(input: RenderInput, { out, warn }: Output): Promise<void> {
  const { placed, left } = place(await readMirrors(input.filename), input.harborHost);
  for (const [mirror, reason] of left) warn(`Mirror ${mirror} is in no policy: ${reason}.`);
  const policies = renderPolicies(placed, { excludedNamespaces: input.excludedNamespaces });
  const objects = policies.flatMap(({ object, binding }) => (binding === undefined ? [object] : [object, binding]));
  out(yaml(objects));
}
