import { optionalDefaults, specDefaults } from './defaults.generated.js';
import type { RegistryMirror } from '../registry-mirror.js';

type Fields = Readonly<Record<string, unknown>>;

/** A mirror as a person writes it: what the CRD defaults may be missing. */
export interface WrittenMirror {
  readonly metadata: RegistryMirror['metadata'];
  readonly spec: object;
}

/**
 * What the API server would serve for a mirror that was written in a file: the CRD's defaults filled in. Nothing is validated; that
 * is the API server's part.
 */
export function withDefaults<T extends WrittenMirror>(
  mirror: T,
): Omit<T, 'spec' | 'status'> & Pick<RegistryMirror, 'spec' | 'status'> {
  const written: Fields = { ...mirror.spec };
  const there = Object.entries(optionalDefaults).filter(([key]) => isFields(written[key]));
  return {
    ...mirror,
    spec: filled(written, { ...specDefaults, ...Object.fromEntries(there) }) as RegistryMirror['spec'],
    status: { observedGeneration: -1 },
  };
}

function filled(given: Fields, defaults: Fields): object {
  const added = Object.entries(defaults).map(([key, value]) => {
    const own = given[key];
    if (own === undefined || own === null) return [key, value] as const;
    return [key, isFields(own) && isFields(value) ? filled(own, value) : own] as const;
  });
  return { ...given, ...Object.fromEntries(added) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
