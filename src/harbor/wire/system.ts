import { z } from 'zod';
import type { Health, SystemInfo } from '../types.js';
import { few, nonEmpty, optional, optionalShortText, shortText, text } from './json.js';

export const systemInfo = z
  .object({
    harbor_version: shortText.nullish(),
    external_url: shortText.nullish(),
    auth_mode: optionalShortText,
    read_only: z.boolean().nullish(),
  })
  .transform((wire): SystemInfo => ({
    authMode: wire.auth_mode,
    readOnly: wire.read_only ?? false,
    ...optional('version', nonEmpty(wire.harbor_version)),
    ...optional('externalUrl', nonEmpty(wire.external_url)),
  }));

/** Harbor has some ten components; their names go into messages. */
const component = z.object({ name: z.string().max(100), status: optionalShortText });

export const health = z
  .object({ status: shortText, components: few(component, 100).nullish() })
  .transform((wire): Health => ({
    status: wire.status,
    unhealthy: (wire.components ?? []).filter(({ status }) => status !== 'healthy').map(({ name }) => name),
  }));

/** The Docker token protocol has either name. */
export const token = z
  .object({ token: text, access_token: text })
  .refine((wire) => wire.token !== '' || wire.access_token !== '', 'neither token nor access_token');
