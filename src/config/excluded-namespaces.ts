/**
 * Namespaces whose Pods are never rewritten, unless EXCLUDED_NAMESPACES says otherwise: what a cluster needs before Harbor can run in it, and so must not wait
 * for Harbor. What installs itself into kube-system is covered by the first.
 */
export const DEFAULT_EXCLUDED_NAMESPACES: readonly string[] = [
  'kube-*',
  'kyverno',
  'harbor',
  // The network.
  'calico-apiserver',
  'calico-system',
  'cilium',
  'linkerd-cni',
  'metallb-system',
  'openshift-multus',
  'openshift-ovn-kubernetes',
  'tigera-operator',
  // Storage.
  'ceph-csi-*',
  'longhorn-system',
  'openebs',
  'openshift-storage',
  'piraeus-datastore',
  'portworx',
  'rook-ceph',
  'topolvm-system',
];
