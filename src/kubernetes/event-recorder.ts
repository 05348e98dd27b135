import { randomUUID } from 'node:crypto';
import { API_VERSION, GROUP, KIND, OPERATOR } from '../api/group.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import type { KubernetesApi } from './api.js';
import type { Resource } from './objects.js';

/** Events of cluster-scoped objects live in the namespace `default`: the API server takes no other. */
const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespace: 'default' };
/** The longest note that the API server takes is 1024 bytes. */
const NOTE_BYTES = 1024;

/**
 * Records what became of a mirror as a Kubernetes Event.
 *
 * @param instance - this process, for reportingInstance
 * @throws KubernetesError
 */
export async function recordEvent(
  api: KubernetesApi,
  instance: string,
  mirror: RegistryMirror,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
): Promise<void> {
  const { name, uid, resourceVersion } = mirror.metadata;
  await api.create(EVENTS, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${beginningOf(name)}.${randomUUID().slice(0, 13)}`, namespace: EVENTS.namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: `${GROUP}/${OPERATOR}`,
    reportingInstance: instance.slice(0, 128),
    action: 'Reconcile',
    type: event.type,
    reason: event.reason,
    note: cut(event.message),
    regarding: { apiVersion: API_VERSION, kind: KIND, name, uid, resourceVersion },
  });
}

/** Cut where it is too long; what is left must not end in a dash or a dot, or the API server refuses the name. */
function beginningOf(name: string): string {
  return name.slice(0, 200).replace(/[-.]+$/, '');
}

function cut(message: string): string {
  if (Buffer.byteLength(message) <= NOTE_BYTES) return message;
  return `${Buffer.from(message)
    .subarray(0, NOTE_BYTES - 4)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`;
}
