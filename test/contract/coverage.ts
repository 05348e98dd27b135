import { shapeText } from '../harbor/shape.js';
import type { Shape } from '../harbor/shape.js';

/** Members that Harbor takes one by one, whatever others are beside them: a project's settings, and what a PUT changes of an endpoint. */
function isIndependent({ method, route }: Shape, member: string): boolean {
  return member.startsWith('metadata.') || (method === 'PUT' && route === '/api/v2.0/registries/{id}');
}

/** The shape without its independent members. */
const frame = (shape: Shape): string =>
  shapeText({ ...shape, body: shape.body.filter((member) => !isIndependent(shape, member)) });

/**
 * What was recorded of a real Harbor: a shape is covered if one of the same method, route, query, caller and body was. Each
 * independent member must have been recorded in such a call, but not all of them in the same.
 */
export class Coverage {
  readonly #independent = new Map<string, Set<string>>();

  constructor(recorded: readonly Shape[]) {
    for (const shape of recorded) {
      const known = this.#independent.get(frame(shape)) ?? new Set<string>();
      for (const member of shape.body) known.add(member);
      this.#independent.set(frame(shape), known);
    }
  }

  covers(shape: Shape): boolean {
    const known = this.#independent.get(frame(shape));
    return known !== undefined && shape.body.every((member) => known.has(member));
  }
}
