import type { Suite } from 'mocha';
import { isOlder } from '../../../src/harbor/version.js';
import { harborName, harborVersion } from './harbor-under-test.js';

/** What the suite did not try in this run, and why. */
const leftOut = new Map<string, string>();
let ran = false;

/** Told at the end of the run. */
export function leaveOut(what: string, why: string): void {
  leftOut.set(what, why);
}

/** `describe`, for what came with a release of Harbor: left out on an older one. */
export function describeSince(release: string, title: string, body: (this: Suite) => void): void {
  if (isOlder(harborVersion, release)) leaveOut(title, `it takes Harbor ${release} or later`);
  else describe(title, body);
}

/** The suite has begun: its end is worth telling. */
export function noteRun(): void {
  ran = true;
}

// Outside any describe, and so after the last spec of the run.
after(() => {
  if (!ran) return;
  const lines = [...leftOut].map(([what, why]) => `  - ${what}: ${why}`);
  const text = lines.length === 0 ? 'nothing' : `\n${lines.join('\n')}`;
  process.stderr.write(`\nThe suite for a real Harbor ran against ${harborName}. Left out: ${text}\n`);
});
