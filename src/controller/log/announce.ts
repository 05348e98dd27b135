import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import { recordEvent } from '../../kubernetes/event-recorder.js';
import type { Log } from '../../log.js';
import { logOfReconcile } from './reconcile-context.js';

interface Announcer {
  readonly api: KubernetesApi;
  /** This process. */
  readonly instance: string;
  readonly log: Log;
}

/** Says in the log and by an Event what became of a mirror. */
export async function announce(
  { api, instance, log }: Announcer,
  mirror: RegistryMirror,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
): Promise<void> {
  const ownLog = logOfReconcile(log);
  const fields = { mirror: mirror.metadata.name, reason: event.reason };
  ownLog[event.type === 'Normal' ? 'info' : 'warn'](event.message, fields);
  try {
    await recordEvent(api, instance, mirror, event);
  } catch (error) {
    // The status says the same and is written already: a lost Event is worth a line, not a retry.
    ownLog.warn('An Event could not be recorded.', { ...fields, error });
  }
}
