import { createReadStream, existsSync } from 'node:fs';
import { eventually } from '../support/wait.js';

/** One request that the API server carried out. */
export interface AuditRecord {
  /** The request's id. */
  readonly id: string;
  /** Who: e.g. `system:serviceaccount:registry-mirror-system:registry-mirror-operator`. */
  readonly user: string;
  /** create, update, patch, delete, deletecollection, get, list. */
  readonly verb: string;
  /** API group, '' for the core one. */
  readonly group: string;
  /** Plural resource with its subresource, e.g. `registrymirrors/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  /** The object's name; undefined for a create whose name the server chose, and for lists. */
  readonly name: string | undefined;
  /** The answer's HTTP status. */
  readonly status: number;
  /** True for a request that changed nothing: `dryRun=All`. */
  readonly dryRun: boolean;
}

/** What to count; all that is given must match. */
export interface AuditFilter {
  readonly user?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A position in the audit log. */
export type AuditMark = number & { readonly brand: 'AuditMark' };

interface AuditEvent {
  readonly auditID: string;
  readonly stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

const readVerbs = new Set(['get', 'list', 'watch']);

function toRecord(event: AuditEvent): AuditRecord {
  const reference = event.objectRef ?? {};
  const path = [reference.resource, reference.subresource].filter((part) => part !== undefined);
  return {
    id: event.auditID,
    user: event.user.username,
    verb: event.verb,
    group: reference.apiGroup ?? '',
    resource: path.join('/'),
    namespace: reference.namespace,
    name: reference.name,
    status: event.responseStatus?.code ?? 0,
    dryRun: event.requestURI.includes('dryRun=All'),
  };
}

function describeRequest({ verb, requestURI, user }: AuditEvent): string {
  return `${verb} ${requestURI} of ${user.username}`;
}

/** The API server's audit log: who asked for what, and how it was answered. Watches, leases and probes are not in it. */
export class Audit {
  readonly #path: string;
  readonly #records: AuditRecord[] = [];
  readonly #underWay = new Map<string, AuditEvent>();
  #offset = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** The position after everything that has been answered by now; `writes` and `reads` count from there. */
  async mark(): Promise<AuditMark> {
    await this.#settle();
    return this.#records.length as AuditMark;
  }

  /**
   * The writes since `since` (default: the start) that match, in the order of their answers. Waits for those under way. Dry runs and
   * refused requests (status of 400 or more) are writes too; look at the record to tell.
   */
  async writes(filter: AuditFilter = {}, since = 0 as AuditMark): Promise<readonly AuditRecord[]> {
    await this.#settle();
    return this.#select(filter, since).filter((record) => !readVerbs.has(record.verb));
  }

  /** The gets and lists since `since` (default: the start) that match. */
  async reads(filter: AuditFilter = {}, since = 0 as AuditMark): Promise<readonly AuditRecord[]> {
    await this.#settle();
    return this.#select(filter, since).filter((record) => readVerbs.has(record.verb));
  }

  /** Requests by verb and resource, e.g. `{'create events': 1, 'patch registrymirrors/status': 2}`. */
  async counts(filter: AuditFilter = {}, since = 0 as AuditMark): Promise<Readonly<Record<string, number>>> {
    await this.#settle();
    const counts: Record<string, number> = {};
    for (const { verb, resource } of this.#select(filter, since)) {
      const key = `${verb} ${resource}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  /** A request under way at an API server that was killed will never be answered. Call it while none is running. */
  async forgetUnderWay(): Promise<void> {
    if (existsSync(this.#path)) await this.#read();
    this.#underWay.clear();
  }

  #select(filter: AuditFilter, since: AuditMark): readonly AuditRecord[] {
    const wanted = Object.entries(filter) as readonly [keyof AuditFilter, string][];
    return this.#records.slice(since).filter((record) => wanted.every(([key, value]) => record[key] === value));
  }

  async #settle(): Promise<void> {
    await eventually(
      async () => {
        await this.#read();
        if (this.#underWay.size > 0)
          throw new Error(`Under way: ${[...this.#underWay.values()].map(describeRequest).join(', ')}.`);
      },
      { intervalMs: 20, message: 'the writes under way to be answered' },
    );
  }

  async #read(): Promise<void> {
    const after = this.#reading.then(() => this.#readOn());
    this.#reading = after.catch(() => undefined);
    await after;
  }

  async #readOn(): Promise<void> {
    if (!existsSync(this.#path))
      throw new Error(`There is no audit log at ${this.#path}. Start the cluster with {audit: true}.`);
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#path, { start: this.#offset })) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      // The last line may be half-written: it is read again next time.
      const end = rest.lastIndexOf('\n') + 1;
      for (const line of rest.subarray(0, end).toString().split('\n'))
        if (line !== '') this.#add(JSON.parse(line) as AuditEvent);
      this.#offset += end;
      rest = rest.subarray(end);
    }
  }

  #add(event: AuditEvent): void {
    switch (event.stage) {
      case 'RequestReceived':
        this.#underWay.set(event.auditID, event);
        break;
      case 'ResponseStarted':
        break;
      case 'ResponseComplete':
      case 'Panic':
        this.#underWay.delete(event.auditID);
        this.#records.push(toRecord(event));
        break;
    }
  }
}
