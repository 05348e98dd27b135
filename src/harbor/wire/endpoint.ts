import { z } from 'zod';
import type { Endpoint } from '../types.js';
import { id, nonEmpty, optional, optionalShortText, shortText, text } from './json.js';
import type { ListedKind } from './listing.js';

export const endpoint = z
  .object({
    id,
    name: shortText,
    type: shortText,
    url: optionalShortText,
    description: text,
    insecure: z.boolean().nullish(),
    status: optionalShortText,
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

export const endpoints: ListedKind<Endpoint> = {
  noun: 'endpoint',
  whole: endpoint,
  traces: z
    .object({ id: id.optional().catch(undefined), name: shortText.optional().catch(undefined) })
    .extend({ description: z.string().optional().catch(undefined) })
    .transform((wire) => ({
      ...optional('id', wire.id),
      ...optional('name', wire.name),
      ...optional('description', wire.description),
    })),
};
