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
  readonly mirrorsPerPolicy?: number;
  /** With a paragraph on each step. */
  readonly explain?: boolean;
  readonly autoEngine: PolicyEngine;
}

/**
 * Prints the policies that the operator would write for these mirrors, as YAML. Needs no cluster and no Harbor.
 *
 * @returns whether each mirror gets what it asks for: none loses a host to another one.
 * @throws InputError for what `readMirrors` and `place` refuse
 */
export async function render(input: RenderInput, output: Output): Promise<boolean> {
  const { out, warn } = output;
  const mirrors = await readMirrors(input.filename, output);
  const { placed, left, isWhole } = place(mirrors, input.harborHost, input.autoEngine);
  const onAuto = mirrors.filter(({ spec }) => spec.rewrite.engine === 'Auto').map(({ metadata }) => metadata.name);
  if (onAuto.length > 0) {
    warn(`Taken for what engine Auto of ${onAuto.join(', ')} comes to: ${input.autoEngine} (--auto-engine).`);
  }
  for (const [mirror, reason] of left) warn(`Mirror ${mirror} is in no policy: ${reason}.`);
  const { excludedNamespaces, mirrorsPerPolicy } = input;
  const policies = renderPolicies(placed, { excludedNamespaces, mirrorsPerPolicy });
  out(
    policies
      .flatMap(({ object, binding, explanations }) => [
        input.explain === true ? explained(object, explanations).trimEnd() : yaml([object]),
        ...(binding === undefined ? [] : [yaml([binding])]),
      ])
      .join('\n---\n'),
  );
  return isWhole;
}
