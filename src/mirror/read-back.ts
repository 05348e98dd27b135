import type { Action } from './plan/actions.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';

/** The fields of the spec that Harbor's settings come from, for a person to find them. */
const FIELDS: Readonly<Record<string, string>> = {
  public: 'spec.project.public',
  auto_scan: 'spec.project.autoScan',
  max_upstream_conn: 'spec.project.maxUpstreamConnections',
  proxy_cache_local_on_not_found: 'spec.project.serveCachedWhenDeletedUpstream',
  proxy_speed_kb: 'spec.project.bandwidthLimit',
  prevent_vul: 'spec.project.preventVulnerable',
  severity: 'spec.project.preventVulnerable.severity',
  caCertificate: 'spec.upstream.caCertificateSecretRef',
};

/** The spec's name of a setting that Harbor does not keep. */
export function fieldOf(setting: string): string {
  return FIELDS[setting] ?? setting;
}

/**
 * Reads back what was just written, where an older Harbor would take it with a 201 or 200 and drop it without a word: unknown project settings,
 * and the CA certificate before 2.15. What it dropped is remembered, so that it is not written again and again, and said in the status.
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
  written: Readonly<Record<string, string>>,
  { client, inventory, unsupported, signal }: HarborSession,
): Promise<void> {
  // Every Harbor keeps `public`: a project without other settings costs no read.
  const settings = Object.keys(written).filter((key) => key !== 'public');
  if (id === undefined || settings.length === 0) return;
  const project = await client.getProject(id, { signal });
  if (project === undefined) return;
  inventory.record({ kind: 'projectWritten', project });
  for (const key of settings) if (project.metadata[key] === undefined) unsupported.add(key);
}

async function readCertificate(
  id: number | undefined,
  { client, inventory, unsupported, signal }: HarborSession,
): Promise<void> {
  const endpoint = id === undefined ? undefined : await client.getEndpoint(id, { signal });
  if (endpoint === undefined) return;
  inventory.record({ kind: 'endpointWritten', endpoint });
  if (endpoint.caCertificate === undefined) unsupported.add('caCertificate');
}
