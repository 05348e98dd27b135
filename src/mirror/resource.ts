import { GROUP, PLURAL, VERSION } from '../api/group.js';
import type { Resource } from '../kubernetes/objects.js';

/** The collection of all RegistryMirrors. */
export const MIRRORS: Resource = { group: GROUP, version: VERSION, plural: PLURAL };
