import { NAMESPACE } from './operator.js';

/**
 * A Secret with which mirrors reach a Harbor of their own.
 *
 * @param allowedHosts - the hosts or urls that it is for; without, no mirror may send it anywhere
 */
export function harborSecret(name: string, stringData: object, allowedHosts?: string): object {
  const labels = { 'registrymirror.io/credentials': 'harbor' };
  const annotations = allowedHosts === undefined ? {} : { 'registrymirror.io/allowed-hosts': allowedHosts };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE, labels, annotations },
    stringData,
  };
}
