import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATOR_USER } from '../support/operator.js';
import type { PodRecord } from './stage/pods.js';
import type { Breach } from './run.js';

/** What is kept when a run is over, before the stage is taken down. */
export interface Remains {
  /** What each replica wrote. */
  readonly outputs: readonly (readonly [replica: string, output: string])[];
  readonly failedStarts: readonly string[];
  readonly pods: readonly PodRecord[];
  /** The API server's audit log. */
  readonly auditLog: string;
}

/** What explains a broken run, in a folder of its own. */
export class Evidence {
  readonly folder: string;

  /** @param parent - where the folder is made */
  constructor(parent: string, seed: number) {
    mkdirSync(parent, { recursive: true });
    this.folder = mkdtempSync(join(parent, `registry-mirror-chaos-${String(seed)}-`));
  }

  /** What was done, what came of it, and when by the clock that the logs go by. */
  note(line: string): void {
    appendFileSync(this.#path('steps.log'), `${new Date().toISOString()} ${line}\n`);
  }

  keep({ outputs, failedStarts, pods, auditLog }: Remains): void {
    for (const [replica, output] of outputs) writeFileSync(this.#path(`${replica}.log`), output);
    this.#write('failed-starts.log', failedStarts);
    this.#write('pods.jsonl', pods.map(podLine));
    const log = existsSync(auditLog) ? readFileSync(auditLog, 'utf8').split('\n') : [];
    this.#write('writes.jsonl', log.filter(isAnsweredWrite));
  }

  /** All of them; only the first ones are shown. */
  keepBreaches(breaches: readonly Breach[]): void {
    this.#write(
      'breaches.log',
      breaches.map(({ invariant, what }) => `${invariant}: ${what}`),
    );
  }

  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(file: string, lines: readonly string[]): void {
    writeFileSync(this.#path(file), lines.map((line) => `${line}\n`).join(''));
  }

  #path(file: string): string {
    return join(this.folder, file);
  }
}

function podLine(record: PodRecord): string {
  return JSON.stringify({ ...record, at: new Date(record.at).toISOString(), outages: [...record.outages] });
}

/** One of the operator's: hands are in the steps already. */
function isAnsweredWrite(line: string): boolean {
  return (
    line.includes(`"username":"${OPERATOR_USER}"`) &&
    line.includes('"stage":"ResponseComplete"') &&
    /"verb":"(create|update|patch|delete)"/.test(line) &&
    !line.includes('"resource":"leases"')
  );
}
