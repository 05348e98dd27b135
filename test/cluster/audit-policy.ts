/**
 * Every request's metadata, no bodies. Writes are logged when they arrive and again when they are answered, so that one still under way
 * is known; reads when they are answered; watches, leases and the probes not at all.
 */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitManagedFields: true,
  rules: [
    { level: 'None', verbs: ['watch'] },
    { level: 'None', nonResourceURLs: ['/livez*', '/readyz*', '/healthz*', '/openapi*', '/version*', '/api*'] },
    {
      level: 'None',
      resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
      users: ['system:apiserver'],
    },
    { level: 'Metadata', verbs: ['get', 'list'], omitStages: ['RequestReceived'] },
    { level: 'Metadata' },
  ],
} as const;
