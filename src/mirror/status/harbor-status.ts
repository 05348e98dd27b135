import type { HarborStatus, RegistryMirror } from '../../api/registry-mirror.js';
import type { HarborFindings } from '../look/findings.js';

/** What the status says of what the mirror has in Harbor. What was not looked at this time stays as it was. Pure. */
export function harborStatusOf(
  { spec, status }: RegistryMirror,
  harbor: HarborFindings | undefined,
): HarborStatus | undefined {
  if (harbor === undefined) return status.harbor;
  const { endpoint, project, url, clusterId } = harbor;
  // Another Harbor's ids say nothing here.
  const before = status.harbor?.url === url ? status.harbor : {};
  const { endpointID, endpointType, projectID, projectName } = before;
  const ofEndpoint =
    endpoint === undefined ? { endpointID, endpointType } : { endpointID: endpoint?.id, endpointType: endpoint?.type };
  const ofProject =
    project === undefined
      ? { projectID, projectName }
      : // The name stays of what is gone, or is in somebody's way: what a mirror that is moved now leaves behind is found by it.
        { projectID: project?.id, projectName: project?.name ?? projectName };
  const { credentialsSecretRef, caCertificateSecretRef } = spec.harbor ?? {};
  const known = { ...ofEndpoint, ...ofProject, credentialsSecretRef, caCertificateSecretRef };
  const present = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return { url, clusterID: clusterId, ...present };
}
