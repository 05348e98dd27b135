import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a string that was sent as it is. */
  readonly body?: unknown;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One step of a scenario; without a response it only tells what happened. */
export interface Exchange {
  readonly step: string;
  readonly request?: RecordedRequest;
  readonly response?: RecordedResponse;
}

export interface Recording {
  readonly about: string;
  /** The only response headers that were kept, where not all were. */
  readonly headers?: readonly string[];
  readonly exchanges: readonly Exchange[];
}

const folder = join(import.meta.dirname, 'data');

/** The scenarios that a real Harbor 2.15 was recorded in. */
export const recordedScenarios: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== '13_robot_permission_matrix.json')
  .map((name) => name.replace(/\.json$/, ''))
  .sort();

export function readRecording(scenario: string): Recording {
  return JSON.parse(readFileSync(join(folder, `${scenario}.json`), 'utf8')) as Recording;
}

export interface PermissionMatrix {
  /** The status of each operation with every permission. */
  readonly full: Readonly<Record<string, number>>;
  /** For each permission taken away: the operations whose status changes, from and to. */
  readonly minus: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;
  readonly system_only: Readonly<Record<string, number>>;
}

export function readMatrix(): PermissionMatrix {
  return JSON.parse(readFileSync(join(folder, '13_robot_permission_matrix.json'), 'utf8')) as PermissionMatrix;
}
