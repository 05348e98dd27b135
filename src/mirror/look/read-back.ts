import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Action } from '../plan/actions.js';
import { CA_CERTIFICATE } from '../desired/harbor-support.js';
import { droppedFields } from '../desired/project-settings.js';
import type { Metadata } from '../desired/project-settings.js';

/**
 * Reads back what was just written, where an older Harbor would take it with a 201 or 200 and drop it without a word: unknown project settings,
 * and the CA certificate before 2.15. What it dropped is remembered, so that it is not written again and again, and said in the status. Needed
 * although versions are known: a Harbor says its version to a login only, and a build of one's own may say anything.
 *
 * @param ids - what the actions created
 * @throws HarborError
 */
export async function readBack(
  actions: readonly Action[],
  ids: { readonly endpointId?: number; readonly projectId?: number },
  session: HarborSession,
): Promise<void> {
  for (const action of actions) {
    if (action.kind === 'CreateProject') await readProject(ids.projectId, action.project.metadata, session);
    if (action.kind === 'UpdateProject') await readProject(action.id, action.metadata, session);
    if (action.kind === 'CreateEndpoint' && action.endpoint.caCertificate !== undefined) {
      await readCertificate(ids.endpointId, session);
    }
    if (action.kind === 'UpdateEndpoint' && typeof action.update.caCertificate === 'string') {
      await readCertificate(action.id, session);
    }
  }
}

async function readProject(
  id: number | undefined,
  written: Metadata,
  { client, inventory, unsupported, signal }: HarborSession,
): Promise<void> {
  // Every Harbor keeps `public`: a project without other settings costs no read.
  if (id === undefined || Object.keys(written).every((key) => key === 'public')) return;
  const project = await client.getProject(id, { signal });
  if (project === undefined) return;
  inventory.record({ kind: 'projectWritten', project });
  for (const field of droppedFields(written, project.metadata)) unsupported.add(field);
}

async function readCertificate(
  id: number | undefined,
  { client, inventory, unsupported, signal }: HarborSession,
): Promise<void> {
  const endpoint = id === undefined ? undefined : await client.getEndpoint(id, { signal });
  if (endpoint === undefined) return;
  inventory.record({ kind: 'endpointWritten', endpoint });
  if (endpoint.caCertificate === undefined) unsupported.add(CA_CERTIFICATE);
}
