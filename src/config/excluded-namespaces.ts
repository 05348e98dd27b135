/**
 * Namespaces whose Pods are never rewritten, unless EXCLUDED_NAMESPACES says otherwise: what a cluster needs before Harbor can run in it and be reached, and so
 * must not wait for Harbor. What installs itself into kube-system is covered by the first.
 */
export const DEFAULT_EXCLUDED_NAMESPACES: readonly string[] = [
  'kube-*',
  'kyverno',
  'harbor',
  // The network, OpenShift's DNS and the routers before its Harbor included.
  'calico-apiserver',
  'calico-system',
  'cilium',
  'linkerd-cni',
  'metallb-system',
  'openshift-dns',
  'openshift-ingress',
  'openshift-multus',
  'openshift-ovn-kubernetes',
  'openshift-sdn',
  'tigera-operator',
  // Storage.
  'ceph-csi-*',
  'local-path-storage',
  'longhorn-system',
  'openebs',
  'openshift-cluster-csi-drivers',
  'openshift-storage',
  'piraeus-datastore',
  'portworx',
  'rook-ceph',
  'topolvm-system',
  'trident',
  'vmware-system-csi',
];
