import { renderPolicies } from '../../engines/render.js';
import type { PolicyEngine } from '../../engines/settings.js';
import { readMirrors } from '../files/mirrors-file.js';
import type { Output } from '../output.js';
import { yaml } from '../output.js';
import { explained } from './explained.js';
import { place } from './placement.js';

interface RenderInput {
  readonly filename: readonly string[];
  readonly harborHost?: string;
  readonly excludedNamespaces: readonly string[];
  /** With a paragraph on each step. */
  readonly explain?: boolean;
  readonly autoEngine: PolicyEngine;
}

/** Prints the policies that the operator would write for these mirrors, as YAML. Needs no cluster and no Harbor. */
export async function render(input: RenderInput, { out, warn }: Output): Promise<void> {
  const { placed, left } = place(await readMirrors(input.filename), input.harborHost, input.autoEngine);
  for (const [mirror, reason] of left) warn(`Mirror ${mirror} is in no policy: ${reason}.`);
  const policies = renderPolicies(placed, { excludedNamespaces: input.excludedNamespaces });
  out(
    policies
      .flatMap(({ object, binding, explanations }) => [
        input.explain === true ? explained(object, explanations).trimEnd() : yaml([object]),
        ...(binding === undefined ? [] : [yaml([binding])]),
      ])
      .join('\n---\n'),
  );
}
