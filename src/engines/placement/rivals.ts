import type { MirrorEntry } from '../entry.js';

/** Gives the entries of other mirrors on the hosts of these, which decide together with them what becomes of an image. */
export type Rivals = (own: readonly MirrorEntry[]) => readonly MirrorEntry[];

/** @param all - the mirrors of all policies */
export function rivalsAmong(all: readonly MirrorEntry[]): Rivals {
  const byHost = new Map<string, MirrorEntry[]>();
  for (const entry of all) {
    for (const host of entry.hosts) {
      const there = byHost.get(host);
      if (there === undefined) byHost.set(host, [entry]);
      else there.push(entry);
    }
  }
  return (own) => {
    const mirrors = new Set(own.map(({ mirror }) => mirror));
    const rivals = new Set<MirrorEntry>();
    for (const host of new Set(own.flatMap(({ hosts }) => hosts))) {
      for (const entry of byHost.get(host) ?? []) if (!mirrors.has(entry.mirror)) rivals.add(entry);
    }
    return [...rivals];
  };
}
