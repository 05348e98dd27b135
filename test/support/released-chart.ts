import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHART } from './chart.js';
import { runCommand } from './command.js';
import type { CommandResult } from './command.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const REPOSITORY = 'Example/mirrors';
export const IMAGE = 'registry.example.org/example/mirrors';
export const DIGEST = `sha256:${'0a'.repeat(32)}`;
export const CHARTS = 'registry.example.org/example/charts';

/** A copy of the chart, in `folder`. */
export function copyChart(folder: string): string {
  const copy = join(folder, 'registry-mirror-operator');
  cpSync(CHART, copy, { recursive: true });
  return copy;
}

/** Does to a copy of the chart what the workflow of a release does. */
export async function releaseChart(copy: string, given: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  const flags = { repository: REPOSITORY, image: IMAGE, digest: DIGEST, charts: CHARTS, ...given };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return await runCommand(process.execPath, ['--import', 'tsx', 'scripts/release-chart.ts', copy, ...args], {
    cwd: ROOT,
  });
}
