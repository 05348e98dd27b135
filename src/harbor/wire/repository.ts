import { z } from 'zod';
import type { Repository } from '../types.js';
import { count, id, shortText } from './json.js';

/** `name` is still `PROJECT/REPOSITORY` here. */
export const repository = z
  .object({ id, name: shortText, artifact_count: count })
  .transform((wire): Repository => ({ id: wire.id, name: wire.name, artifactCount: wire.artifact_count }));
