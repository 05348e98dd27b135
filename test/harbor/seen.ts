import { appendFileSync } from 'node:fs';
import { shapeText } from './shape.js';
import type { Shape } from './shape.js';

/**
 * Names the file into which all stand-ins of a run, in whatever process, write the shapes of the calls that they get, a
 * line of JSON each. Without it none is written.
 */
export const shapesFileVariable = 'HARBOR_STAND_IN_SHAPES';

/** A call with this header is one that a test makes itself, to set a scene or to look: its shape isn't written. */
export const sceneHeader = 'x-test-scene';

/** The shapes that a stand-in got, each written once. */
export class SeenShapes {
  readonly #texts = new Set<string>();

  note(shape: Shape): void {
    const file = process.env[shapesFileVariable];
    const text = shapeText(shape);
    if (file === undefined || this.#texts.has(text)) return;
    this.#texts.add(text);
    appendFileSync(file, `${JSON.stringify({ shape })}\n`);
  }
}
