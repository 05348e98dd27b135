import { LABELS, OPERATOR } from '../../api/group.js';
import type { KubernetesApi } from '../../kubernetes/api.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { resourcePath } from '../../kubernetes/objects.js';
import { secretsOf } from '../cluster/cluster-reader.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface SecretManifest extends KubernetesObject {
  readonly type: string;
  readonly stringData: Login;
}

/** The Secret that the operator logs in to Harbor with. */
export function credentialsSecret(name: string, namespace: string, { username, password }: Login): SecretManifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { [LABELS.credentials]: 'harbor' } },
    type: 'kubernetes.io/basic-auth',
    stringData: { username, password },
  };
}

/**
 * Applies the Secret, or has the API server only say whether it would take it.
 *
 * @throws KubernetesError
 */
export async function applySecret(
  api: KubernetesApi,
  secret: SecretManifest,
  options: { readonly dryRun: boolean },
): Promise<void> {
  const { name, namespace = '' } = secret.metadata;
  await api.request({
    method: 'PATCH',
    path: resourcePath(secretsOf(namespace), name),
    query: { fieldManager: OPERATOR, force: true, ...(options.dryRun ? { dryRun: 'All' } : {}) },
    body: secret,
    contentType: 'application/apply-patch+yaml',
  });
}
