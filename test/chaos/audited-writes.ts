import { createReadStream, existsSync } from 'node:fs';
import { GROUP, PLURAL } from '../../src/api/group.js';
import { ENGINES } from '../../src/engines/engines.js';
import type { AuditedBodies } from '../cluster/audit-policy.js';

const POLICIES = Object.values(ENGINES).map(({ resource: { group, plural } }) => ({ group, resource: plural }));
const STATUS = { group: GROUP, resource: `${PLURAL}/status` };

/** What a chaos run has in the audit log: of a policy also what became of it, since a patch doesn't say that; of a status, which is written whole, what was sent. */
export const AUDITED_BODIES: readonly AuditedBodies[] = [
  ...POLICIES.map((resource) => ({ ...resource, level: 'RequestResponse' as const })),
  { ...STATUS, level: 'Request' },
];

/** A write in the API server's audit log that was answered. */
export interface AuditedWrite {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  /** Of a patch, the patch. */
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

const WRITE = /"stage":"ResponseComplete".*?"verb":"(create|update|patch|delete)"/;

/** The writes in an audit log, in the order of their answers. */
export async function* auditedWrites(path: string): AsyncGenerator<AuditedWrite> {
  if (!existsSync(path)) return;
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    // The API server may be at the last line of the file: that one is told only when it is whole.
    rest = lines.pop() ?? '';
    for (const line of lines) if (WRITE.test(line)) yield JSON.parse(line) as AuditedWrite;
  }
}

export function isOfPolicy({ objectRef }: AuditedWrite): boolean {
  return POLICIES.some(({ group, resource }) => group === objectRef?.apiGroup && resource === pathIn(objectRef));
}

export function isOfStatus({ objectRef }: AuditedWrite): boolean {
  return objectRef?.apiGroup === STATUS.group && pathIn(objectRef) === STATUS.resource;
}

/** Who asked for what, when, and how it was answered. */
export function requestOf(write: AuditedWrite): Readonly<Record<string, unknown>> {
  const { requestReceivedTimestamp, stageTimestamp, user, verb, requestURI, objectRef, responseStatus } = write;
  return {
    asked: requestReceivedTimestamp,
    answered: stageTimestamp,
    user: user.username,
    verb,
    resource: objectRef?.resource,
    name: objectRef?.name,
    status: responseStatus?.code,
    ...(requestURI.includes('dryRun=All') ? { dryRun: true } : {}),
  };
}

function pathIn({ resource, subresource }: NonNullable<AuditedWrite['objectRef']>): string {
  return [resource, subresource].filter((part) => part !== undefined).join('/');
}
