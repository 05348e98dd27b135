import { z } from 'zod';
import type { CreatedRobot, Robot } from '../types.js';
import { expiry, few, id, optional, shortText, text } from './json.js';
import type { ListedKind } from './listing.js';

const MOST_PERMISSIONS = 10_000;
const MOST_ACCESS = 1000;

const permission = z.object({
  kind: z.enum(['project', 'system']),
  namespace: z.string(),
  access: few(z.object({ resource: z.string(), action: z.string() }), MOST_ACCESS),
});

/** Harbor's are 32 letters; what somebody chose is at most 128. */
const secret = z.string().min(1).max(4096);

export const robot = z
  .object({
    id,
    name: shortText,
    level: text,
    description: text,
    disable: z.boolean().nullish(),
    expires_at: expiry,
    permissions: few(permission, MOST_PERMISSIONS).nullish(),
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
  .object({ id, name: shortText, secret, expires_at: expiry })
  .transform((wire): CreatedRobot => ({
    id: wire.id,
    name: wire.name,
    secret: wire.secret,
    expiresAt: wire.expires_at,
  }));

export const robots: ListedKind<Robot> = {
  noun: 'robot account',
  whole: robot,
  traces: z
    .object({ id: id.optional().catch(undefined), name: shortText.optional().catch(undefined) })
    .transform((wire) => ({ ...optional('id', wire.id), ...optional('name', wire.name) })),
};
