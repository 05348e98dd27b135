import { literalPrefixes } from '../../mirror/claims/conflicts.js';
import type { Served } from '../../mirror/look/observe.js';
import type { ServedEntry } from '../explain/in-force.js';

/** What Pods are sent to, as the observer asks for it, by the policies that the command line has read. */
export function servedBy(entries: ReadonlyMap<string, ServedEntry>): Served {
  const prefixOf = (mirror: string): string | undefined => entries.get(mirror)?.entry.pullPrefix;
  return {
    serves: ({ mirror, host, prefix }) => {
      const entry = entries.get(mirror)?.entry;
      return entry !== undefined && entry.hosts.includes(host) && literalPrefixes(entry.include).includes(prefix);
    },
    servedProject: (mirror) => prefixOf(mirror)?.split('/').slice(1).join('/'),
    servedHost: (mirror) => prefixOf(mirror)?.split('/', 1)[0],
  };
}
