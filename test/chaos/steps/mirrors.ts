import { setTimeout as pause } from 'node:timers/promises';
import { ANNOTATIONS } from '../../../src/api/group.js';
import { NAMESPACE } from '../../support/operator.js';
import { MIRRORS } from '../../support/world.js';
import type { LooseSpec } from '../../support/world.js';
import type { Stage } from '../stage/stage.js';
import type { Cast } from '../story/fleet.js';

const MERGE = 'application/merge-patch+json';
const CREATE_TRIES = 20;

/** What users do with their mirrors. Each returns what came of it. */
export async function createMirror(stage: Stage, { name, spec, harbor }: Cast): Promise<string> {
  const there = stage.harbors.specOf(harbor);
  const whole = { ...spec, ...(there === null ? {} : { harbor: there }) };
  const mirror = { apiVersion: 'registrymirror.io/v1alpha1', kind: 'RegistryMirror', metadata: { name }, spec: whole };
  // As GitOps does: one that is still being deleted is tried again.
  for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
    const created = await stage.world.cluster.api.send('POST', MIRRORS, mirror);
    if (created.status === 422) throw new Error(`This run is no good: ${created.body}`);
    if (created.status !== 409) return String(created.status);
    const { body } = await stage.world.cluster.api.send('GET', `${MIRRORS}/${name}`);
    if (!body.includes('deletionTimestamp')) return 'it is there';
    await pause(1000);
  }
  return 'it is still being deleted';
}

export async function deleteMirror({ world }: Stage, name: string): Promise<string> {
  return String((await world.cluster.api.send('DELETE', `${MIRRORS}/${name}`)).status);
}

export async function editMirror({ world }: Stage, name: string, spec: LooseSpec): Promise<string> {
  return String((await world.cluster.api.send('PATCH', `${MIRRORS}/${name}`, { spec }, MERGE)).status);
}

export async function askForALook({ world }: Stage, name: string): Promise<string> {
  const metadata = { annotations: { [ANNOTATIONS.requestedAt]: new Date().toISOString() } };
  return String((await world.cluster.api.send('PATCH', `${MIRRORS}/${name}`, { metadata }, MERGE)).status);
}

export async function deleteSecret({ world }: Stage, { secret }: Cast): Promise<string> {
  if (secret === undefined) return 'it has none';
  return String((await world.cluster.api.send('DELETE', `/api/v1/namespaces/${NAMESPACE}/secrets/${secret}`)).status);
}
