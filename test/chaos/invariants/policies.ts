import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { REASONS } from '../../../src/api/reasons.js';
import { policyEntry } from '../../../src/engines/entry.js';
import { canonicalJson } from '../../../src/engines/syntax/digest.js';
import type { EndState } from './end-state.js';
import { isReady, stalledReason } from './invariant.js';
import type { Invariant } from './invariant.js';

export const policiesListThoseThatServe: Invariant = {
  name: 'policies list the mirrors that serve, as they are, and no others',
  breaches: (end) => [...policyBreaches(end), ...end.mirrors.flatMap((mirror) => mirrorBreaches(mirror, end))],
};

function policyBreaches({ policies, mirrors }: EndState): readonly string[] {
  const names = new Set(mirrors.map(({ metadata }) => metadata.name));
  return policies.flatMap(({ kind, name, entries, isLabelled, isAsRendered }) => {
    if (!isLabelled) return [`${kind} ${name} has not got its label back`];
    if (entries === undefined) return [`the annotation of ${kind} ${name} is not readable`];
    const unknown = entries.filter(({ mirror }) => !names.has(mirror));
    return [
      ...(entries.length === 0 ? [`${kind} ${name} is empty`] : []),
      ...(isAsRendered ? [] : [`${kind} ${name} does not do what its annotations say`]),
      ...unknown.map(({ mirror }) => `${kind} ${name} lists ${mirror}, which is gone`),
    ];
  });
}

function mirrorBreaches(mirror: RegistryMirror, { policies }: EndState): readonly string[] {
  const { name } = mirror.metadata;
  const { engine } = mirror.spec.rewrite;
  const homes = policies.flatMap(({ kind, entries = [] }) =>
    entries.filter((entry) => entry.mirror === name).map((entry) => ({ kind, entry })),
  );
  if (engine === 'None' || stalledReason(mirror) === REASONS.hostConflict) {
    return homes.length === 0 ? [] : [`${name} is in ${homes.length} policies, and should be in none`];
  }
  if (homes.length > 1) return [`${name} is in ${homes.length} policies`];
  if (!isReady(mirror)) return [];
  const [home] = homes;
  if (home === undefined) return [`${name} is Ready, and in no policy`];
  if (engine !== 'Auto' && home.kind !== engine) return [`${name} is in a ${home.kind}, and its engine is ${engine}`];
  const wanted = policyEntry(mirror, mirror.status.pullPrefix ?? '');
  return canonicalJson(wanted) === canonicalJson(home.entry)
    ? []
    : [`${name} is in the policy as ${canonicalJson(home.entry)}, and should be as ${canonicalJson(wanted)}`];
}
