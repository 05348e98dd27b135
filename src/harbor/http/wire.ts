import { z } from 'zod';
import type {
  CreatedRobot,
  Endpoint,
  Health,
  Project,
  ProjectSummary,
  Quota,
  Repository,
  Retention,
  Robot,
  SystemInfo,
} from '../types.js';

/*
 * Harbor's JSON, as far as it is used, and how it becomes the types of types.ts. Lenient: what isn't known is dropped, and what Harbor
 * leaves out when it is false or empty has that value. Here alone is Harbor's spelling.
 */

const id = z.number().int();
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

/** A property that is absent where Harbor has nothing: `{...optional('accessKey', value)}`. */
function optional<K extends string, V>(key: K, value: V | null | undefined): Readonly<Partial<Record<K, V>>> {
  return (value === null || value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}

/** Harbor leaves empty texts out in one version and not in the next. */
function nonEmpty(value: string | null | undefined): string | undefined {
  return value === '' ? undefined : (value ?? undefined);
}

export const endpoint = z
  .object({
    id,
    name: z.string(),
    type: z.string(),
    url: text,
    description: text,
    insecure: z.boolean().nullish(),
    status: text,
    credential: z.object({ access_key: z.string().nullish() }).nullish(),
    ca_certificate: z.string().nullish(),
    creation_time: z.string().nullish(),
  })
  .transform((wire): Endpoint => ({
    id: wire.id,
    name: wire.name,
    type: wire.type,
    url: wire.url,
    description: wire.description,
    insecure: wire.insecure ?? false,
    status: wire.status,
    ...optional('accessKey', nonEmpty(wire.credential?.access_key)),
    ...optional('caCertificate', nonEmpty(wire.ca_certificate)),
    ...optional('createdAt', nonEmpty(wire.creation_time)),
  }));

export const project = z
  .object({
    project_id: id,
    name: z.string(),
    registry_id: z.number().int().nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
    repo_count: count,
  })
  .transform((wire): Project => {
    const metadata = wire.metadata ?? {};
    const retentionId = Number(metadata.retention_id);
    return {
      id: wire.project_id,
      name: wire.name,
      metadata,
      repositoryCount: wire.repo_count,
      // 0: no proxy cache.
      ...optional('registryId', wire.registry_id === 0 ? undefined : wire.registry_id),
      ...optional('retentionId', retentionId > 0 ? retentionId : undefined),
    };
  });

const storage = z.object({ storage: z.number() });

export const projectSummary = z
  .object({
    repo_count: count,
    quota: z.object({ hard: storage, used: storage }).nullish(),
    registry: z.object({ id, name: text, status: text }).nullish(),
  })
  .transform((wire): ProjectSummary => ({
    repositoryCount: wire.repo_count,
    ...optional('quota', wire.quota && { hardBytes: wire.quota.hard.storage, usedBytes: wire.quota.used.storage }),
    ...optional('endpoint', wire.registry),
  }));

export const deletable = z.object({ deletable: z.boolean().nullish(), message: text });

export const quota = z
  .object({ id, hard: storage, used: storage, ref: z.object({ id, name: text }) })
  .transform((wire): Quota => ({
    id: wire.id,
    projectId: wire.ref.id,
    projectName: wire.ref.name,
    hardBytes: wire.hard.storage,
    usedBytes: wire.used.storage,
  }));

/** `name` is still `PROJECT/REPOSITORY` here. */
export const repository = z
  .object({ id, name: z.string(), artifact_count: count })
  .transform((wire): Repository => ({ id: wire.id, name: wire.name, artifactCount: wire.artifact_count }));

const selector = z.object({ decoration: text, pattern: text });
const rule = z.object({
  disabled: z.boolean().nullish(),
  action: text,
  template: text,
  params: z.record(z.string(), z.unknown()).nullish(),
  tag_selectors: z.array(selector).nullish(),
  scope_selectors: z.record(z.string(), z.array(selector)).nullish(),
});

export const retention = z
  .object({
    id,
    scope: z.object({ ref: z.number().int() }),
    rules: z.array(rule).nullish(),
    trigger: z.object({ settings: z.object({ cron: text }).nullish() }).nullish(),
  })
  .transform((wire): Retention => {
    const rules = wire.rules ?? [];
    const schedule = wire.trigger?.settings?.cron ?? '';
    const [only] = rules;
    const days = rules.length === 1 && only !== undefined && schedule !== '' ? daysOf(only) : undefined;
    return {
      id: wire.id,
      projectId: wire.scope.ref,
      schedule,
      ruleCount: rules.length,
      keepsAll: schedule === '' || rules.some((each) => each.template === 'always' && coversAll(each)),
      ...optional('daysSinceLastPull', days),
    };
  });

function daysOf(only: z.infer<typeof rule>): number | undefined {
  const days = only.params?.nDaysSinceLastPull;
  const counts = only.template === 'nDaysSinceLastPull' && coversAll(only);
  return counts && typeof days === 'number' ? days : undefined;
}

/** Whether the rule is active, and for all repositories and tags. */
function coversAll({ disabled, action, tag_selectors, scope_selectors }: z.infer<typeof rule>): boolean {
  const everything = (selectors: readonly z.infer<typeof selector>[] | null | undefined, decoration: string): boolean =>
    selectors?.length === 1 && selectors[0]?.pattern === '**' && selectors[0].decoration === decoration;
  const isActive = disabled !== true && action === 'retain';
  return isActive && everything(tag_selectors, 'matches') && everything(scope_selectors?.repository, 'repoMatches');
}

const permission = z.object({
  kind: z.enum(['project', 'system']),
  namespace: z.string(),
  access: z.array(z.object({ resource: z.string(), action: z.string() })),
});

export const robot = z
  .object({
    id,
    name: z.string(),
    level: text,
    description: text,
    disable: z.boolean().nullish(),
    expires_at: count,
    permissions: z.array(permission).nullish(),
  })
  .transform((wire): Robot => ({
    id: wire.id,
    name: wire.name,
    level: wire.level,
    description: wire.description,
    disabled: wire.disable ?? false,
    expiresAt: wire.expires_at,
    permissions: wire.permissions ?? [],
  }));

export const createdRobot = z
  .object({ id, name: z.string(), secret: z.string(), expires_at: count })
  .transform((wire): CreatedRobot => ({
    id: wire.id,
    name: wire.name,
    secret: wire.secret,
    expiresAt: wire.expires_at,
  }));

export const robotSecret = z.object({ secret: z.string().min(1) });

export const systemInfo = z
  .object({
    harbor_version: z.string().nullish(),
    external_url: z.string().nullish(),
    auth_mode: text,
    read_only: z.boolean().nullish(),
  })
  .transform((wire): SystemInfo => ({
    authMode: wire.auth_mode,
    readOnly: wire.read_only ?? false,
    ...optional('version', nonEmpty(wire.harbor_version)),
    ...optional('externalUrl', nonEmpty(wire.external_url)),
  }));

export const health = z
  .object({ status: z.string(), components: z.array(z.object({ name: text, status: text })).nullish() })
  .transform((wire): Health => ({
    status: wire.status,
    unhealthy: (wire.components ?? []).filter(({ status }) => status !== 'healthy').map(({ name }) => name),
  }));

export const endpointTypes = z.array(z.string()).nullish();

/** The Docker token protocol has either name. */
export const token = z
  .object({ token: text, access_token: text })
  .refine((wire) => wire.token !== '' || wire.access_token !== '', 'neither token nor access_token');
