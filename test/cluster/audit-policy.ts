/** Writes of which the audit log has the bodies, too. */
export interface AuditedBodies {
  readonly group: string;
  /** Plural, with the subresource: e.g. `registrymirrors/status`. */
  readonly resource: string;
  /** Request: what was sent. RequestResponse: and what the API server answered. */
  readonly level: 'Request' | 'RequestResponse';
}

/**
 * Every request's metadata, and no bodies but those asked for. Writes are logged when they arrive and again when they are answered, so that one still under
 * way is known; reads when they are answered; watches, leases and the probes not at all.
 */
export function auditPolicy(bodies: readonly AuditedBodies[] = []): object {
  return {
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
      ...bodies.map(({ level, group, resource }) => ({ level, resources: [{ group, resources: [resource] }] })),
      { level: 'Metadata' },
    ],
  };
}
