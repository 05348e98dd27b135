import { text } from './server.js';
import type { Reply, Route } from './server.js';

/** Throws, or rejects, with a sentence that says what is wrong. */
export type Check = () => void | Promise<void>;

/**
 * `/healthz` and `/readyz`: 200, or 503 with a line for each check that fails. Liveness checks only what a restart would mend.
 */
export function probes(
  live: Readonly<Record<string, Check>>,
  ready: Readonly<Record<string, Check>>,
): Readonly<Record<string, Route>> {
  return { '/healthz': () => run(live), '/readyz': () => run(ready) };
}

async function run(checks: Readonly<Record<string, Check>>): Promise<Reply> {
  const lines = await Promise.all(Object.entries(checks).map(([name, check]) => problem(name, check)));
  const problems = lines.filter((line) => line !== undefined);
  return problems.length === 0 ? text(200, 'ok') : text(503, problems.join('\n'));
}

async function problem(name: string, check: Check): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
