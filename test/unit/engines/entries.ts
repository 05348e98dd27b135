import type { MirrorEntry } from '../../../src/engines/entry.js';

/** A mirror of all of `NAME.io` as the policies have it, where `more` doesn't say otherwise. */
export function mirror(name: string, more: Partial<MirrorEntry> = {}): MirrorEntry {
  return {
    mirror: name,
    hosts: [`${name}.io`],
    pullPrefix: `harbor.example.org/${name}`,
    include: [],
    exclude: [],
    ...more,
  };
}
