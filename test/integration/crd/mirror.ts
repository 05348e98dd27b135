import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Cluster } from '../../cluster/cluster.js';
import { eventually } from '../../support/wait.js';

const crdUrl = new URL('../../../crds/registrymirror.io_registrymirrors.yaml', import.meta.url);
export const collection = '/apis/registrymirror.io/v1alpha1/registrymirrors';

/** As a person would write it: nothing is filled in, everything may be wrong. */
export type LooseSpec = Readonly<Record<string, unknown>>;

/** The smallest upstream that needs nothing else. */
export const quay = { type: 'quay' } as const;
export const registry = { type: 'docker-registry', url: 'https://registry.example.org' } as const;

export function mirror(name: string, spec: LooseSpec): object {
  return { apiVersion: 'registrymirror.io/v1alpha1', kind: 'RegistryMirror', metadata: { name }, spec };
}

/** Applies the CRD and waits until its objects are served. */
export async function installCrd(cluster: Cluster): Promise<void> {
  await cluster.apply([parse(readFileSync(crdUrl, 'utf8')) as object]);
  await eventually(() => cluster.api.json('GET', collection), { message: 'RegistryMirrors to be served' });
}
