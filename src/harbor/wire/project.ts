import { z } from 'zod';
import type { Project, Quota } from '../types.js';
import { count, fewByName, id, optional, optionalShortText, shortText, text } from './json.js';
import type { ListedKind } from './listing.js';

/** Harbor knows some fifteen. */
const MOST_SETTINGS = 100;

export const project = z
  .object({
    project_id: id,
    name: shortText,
    registry_id: z.int().nullish(),
    metadata: fewByName(shortText, MOST_SETTINGS).nullish(),
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
      ...optional('retentionId', retentionId > 0 && Number.isSafeInteger(retentionId) ? retentionId : undefined),
    };
  });

export const projects: ListedKind<Project> = {
  noun: 'project',
  whole: project,
  traces: z
    .object({
      project_id: id.optional().catch(undefined),
      name: shortText.optional().catch(undefined),
      registry_id: id.optional().catch(undefined),
    })
    .transform((wire) => ({
      ...optional('id', wire.project_id),
      ...optional('name', wire.name),
      ...optional('endpointId', wire.registry_id),
    })),
};

export const deletable = z.object({ deletable: z.boolean().nullish(), message: text });

const storage = z.object({ storage: z.int() });

export const quota = z
  .object({ id, hard: storage, used: storage, ref: z.object({ id, name: optionalShortText }) })
  .transform((wire): Quota => ({
    id: wire.id,
    projectId: wire.ref.id,
    projectName: wire.ref.name,
    hardBytes: wire.hard.storage,
    usedBytes: wire.used.storage,
  }));

export const quotas: ListedKind<Quota> = {
  noun: 'quota',
  whole: quota,
  traces: z
    .object({
      id: id.optional().catch(undefined),
      ref: z
        .object({ id: id.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .transform((wire) => ({ ...optional('id', wire.id), ...optional('projectId', wire.ref?.id) })),
};
