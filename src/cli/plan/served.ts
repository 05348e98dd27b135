import { literalPrefixes } from '../../mirror/claims/conflicts.js';
import type { Served } from '../../mirror/look/observe.js';
import type { ServedEntry } from '../explain/in-force.js';

/** What Pods are sent to, as the observer asks for it, by the policies that the command line has read. */
export function servedBy(entries: ReadonlyMap<string, ServedEntry>): Served {
  return {
    serves: ({ mirror, host, prefix }) => {
      const entry = entries.get(mirror)?.entry;
      return entry !== undefined && entry.hosts.includes(host) && literalPrefixes(entry.include).includes(prefix);
    },
    served: (mirror) => {
      const served = entries.get(mirror);
      return served === undefined ? { kind: 'none' } : { kind: 'served', ...served };
    },
  };
}
