import { LABELS, OPERATOR } from '../../../src/api/group.js';
import { ENGINES } from '../../../src/engines/engines.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { readEntries, readExcludedNamespaces, readSettings } from '../../../src/engines/metadata/annotations.js';
import { DEFAULT_POLICY } from '../../../src/engines/metadata/names.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
import { renderPolicy } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { contains } from '../../../src/kubernetes/contains.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import type { Stage } from '../stage/stage.js';

/** A policy of the operator's in the cluster. */
export interface SeenPolicy {
  readonly kind: PolicyEngine;
  readonly name: string;
  /** Undefined where its annotation can't be read. */
  readonly entries: readonly MirrorEntry[] | undefined;
  readonly isLabelled: boolean;
  /** Whether it does just what its annotations say, and not what a hand made of it. */
  readonly isAsRendered: boolean;
}

interface Found {
  readonly kind: PolicyEngine;
  readonly object: KubernetesObject;
}

/** By name: one that lost its label is there all the same. */
export async function readPolicies({ world }: Stage): Promise<readonly SeenPolicy[]> {
  const lists = await Promise.all(
    Object.values(ENGINES).map(async ({ kind, resource: { group, version, plural } }) => {
      const path = `/apis/${group}/${version}/${plural}`;
      const { items } = await world.cluster.api.json<{ items: readonly KubernetesObject[] }>('GET', path);
      return items.map((object): Found => ({ kind, object }));
    }),
  );
  const found = lists.flat().filter(({ object }) => object.metadata.name.startsWith(DEFAULT_POLICY));
  const all = found.flatMap(({ object }) => readEntries(object) ?? []);
  return found.map(({ kind, object }) => ({
    kind,
    name: object.metadata.name,
    entries: readEntries(object),
    isLabelled: object.metadata.labels?.[LABELS.managedBy] === OPERATOR,
    isAsRendered: isAsRendered(object, all),
  }));
}

function isAsRendered(object: KubernetesObject, all: readonly MirrorEntry[]): boolean {
  const entries = readEntries(object);
  const settings = readSettings(object);
  if (entries === undefined || settings === undefined) return false;
  const { name } = object.metadata;
  const excludedNamespaces = readExcludedNamespaces(object) ?? [];
  const rendered = renderPolicy({ name, settings, entries, rules: precedence(all)(entries), excludedNamespaces });
  return contains(object, { spec: rendered.object.spec });
}
