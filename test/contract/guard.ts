import type { Shape } from '../harbor/shape.js';
import { shapeText } from '../harbor/shape.js';
import { Coverage } from './coverage.js';
import { recordedShapes } from './recorded-shapes.js';
import { unrecorded } from './unrecorded.js';

/** A line of what a run writes: a test that begins, or a shape that a stand-in sees for the first time. */
type Line = { readonly test: string } | { readonly shape: Shape };

export interface Sighting {
  readonly shape: Shape;
  /** The first test in which it was seen. */
  readonly test: string;
}

/** The shapes that a run saw, each with the test that it was seen in first. */
export function sightings(text: string): readonly Sighting[] {
  const found = new Map<string, Sighting>();
  let test = 'before the first test';
  for (const line of text.split('\n').filter((part) => part !== '')) {
    const entry = JSON.parse(line) as Line;
    if ('test' in entry) test = entry.test;
    else if (!found.has(shapeText(entry.shape))) found.set(shapeText(entry.shape), { shape: entry.shape, test });
  }
  return [...found.values()];
}

/** One text for each shape that a run saw, no recording has and no line excuses. */
export function guard(text: string): readonly string[] {
  const seen = sightings(text);
  if (seen.length === 0) return [];
  const excused = new Set(unrecorded.map(({ shape }) => shape));
  const coverage = new Coverage(recordedShapes());
  return seen
    .filter(({ shape }) => !coverage.covers(shape) && !excused.has(shapeText(shape)))
    .map(({ shape, test }) => `  ${shapeText(shape)}\n    in ${test}`);
}
