import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATOR_USER } from '../support/operator.js';
import { auditedWrites, isOfPolicy, isOfStatus, requestOf } from './audited-writes.js';
import type { AuditedWrite } from './audited-writes.js';
import { describePolicyWrite } from './policy-write.js';
import type { Breach } from './run.js';
import type { PodRecord } from './stage/pods.js';

/** What is kept when a run is over, before the stage is taken down. */
export interface Remains {
  /** What each replica wrote. */
  readonly outputs: readonly (readonly [replica: string, output: string])[];
  readonly failedStarts: readonly string[];
  readonly pods: readonly PodRecord[];
  /** The file with the API server's audit log, which has the bodies of AUDITED_BODIES. */
  readonly auditLog: string;
  readonly kyvernoLog: string;
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

  async keep({ outputs, failedStarts, pods, auditLog, kyvernoLog }: Remains): Promise<void> {
    for (const [replica, output] of outputs) writeFileSync(this.#path(`${replica}.log`), output);
    this.#write('failed-starts.log', failedStarts);
    this.#write('pods.jsonl', pods.map(podLine));
    if (existsSync(kyvernoLog)) copyFileSync(kyvernoLog, this.#path('kyverno.log'));
    await this.#keepWrites(auditLog);
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

  async #keepWrites(auditLog: string): Promise<void> {
    const [writes, policies, statuses]: [string[], string[], string[]] = [[], [], []];
    for await (const write of auditedWrites(auditLog)) {
      const withoutBodies = { ...write, requestObject: undefined, responseObject: undefined };
      if (isOfOperator(write)) writes.push(JSON.stringify(withoutBodies));
      if (isOfPolicy(write)) policies.push(JSON.stringify(describePolicyWrite(write)));
      if (isOfStatus(write)) statuses.push(JSON.stringify({ ...requestOf(write), sent: write.requestObject }));
    }
    this.#write('writes.jsonl', writes);
    this.#write('policies.jsonl', policies);
    this.#write('statuses.jsonl', statuses);
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

/** Hands are in the steps already. */
function isOfOperator({ user, objectRef }: AuditedWrite): boolean {
  return user.username === OPERATOR_USER && objectRef?.resource !== 'leases';
}
