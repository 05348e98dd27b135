import { formatMark } from '../../../../src/harbor/mark.js';
import type { PlanInput } from '../../../../src/mirror/plan/plan-input.js';
import { desired, ourMark } from './model.js';
import type { HarborModel } from './model.js';

/** The mark of an operator in another cluster. */
export const theirs = formatMark('', { ...ourMark, cluster: 'cluster-b' });

/** What is in Harbor, and what is to be done about it. */
export interface PlanCase {
  readonly title: string;
  readonly given: (harbor: HarborModel) => Partial<PlanInput> | undefined;
  readonly actions: readonly string[];
  readonly reason: string;
}

/** Our endpoint and our project, as they should be. */
export function inSync(harbor: HarborModel): { readonly endpointId: number; readonly projectId: number } {
  const { id: endpointId } = harbor.endpoint();
  return { endpointId, projectId: harbor.project({ registryId: endpointId }).id };
}

export const cases: readonly PlanCase[] = [
  {
    title: 'makes the endpoint, then the project, where there is nothing',
    given: () => undefined,
    actions: ['CreateEndpoint', 'CreateProject'],
    reason: 'ready',
  },
  {
    title: 'goes on with its own endpoint where a crash came before the project',
    given: (harbor) => {
      harbor.endpoint();
      return undefined;
    },
    actions: ['CreateProject'],
    reason: 'ready',
  },
  {
    title: 'replaces its own endpoint without a project where that has another type',
    given: (harbor) => {
      harbor.endpoint({ type: 'harbor' });
      return undefined;
    },
    actions: ['DeleteEndpoint', 'CreateEndpoint', 'CreateProject'],
    reason: 'ready',
  },
  {
    title: 'has nothing to do where all is as it should be',
    given: (harbor) => {
      inSync(harbor);
      return undefined;
    },
    actions: [],
    reason: 'ready',
  },
  {
    title: 'takes a second endpoint of its own away that no project uses',
    given: (harbor) => {
      inSync(harbor);
      harbor.endpoint({ name: 'quay-late' });
      return undefined;
    },
    actions: ['DeleteEndpoint'],
    reason: 'ready',
  },
  {
    title: 'stops at a project that is no proxy cache',
    given: (harbor) => {
      harbor.project({ registryId: undefined });
      return undefined;
    },
    actions: [],
    reason: 'ProjectNotProxy',
  },
  {
    title: 'stops at a project whose endpoint is gone',
    given: (harbor) => {
      harbor.project({ registryId: 4711 });
      return undefined;
    },
    actions: [],
    reason: 'EndpointMissing',
  },
  {
    title: 'stops at the project of another cluster, and takes its own fresh endpoint away',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ name: 'theirs', description: theirs }).id });
      harbor.endpoint({ name: 'quay-fresh' });
      return undefined;
    },
    actions: ['DeleteEndpoint'],
    reason: 'ProjectNotOurs',
  },
  {
    title: 'does not adopt what is marked by another cluster',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ description: theirs }).id });
      return { adoptionPolicy: 'Adopt' };
    },
    actions: [],
    reason: 'ProjectNotOurs',
  },
  {
    title: 'uses what is marked by another cluster, without a write',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ description: theirs, insecure: true }).id });
      return { adoptionPolicy: 'Use', desired: { ...desired, metadata: { auto_scan: 'true' } } };
    },
    actions: [],
    reason: 'ready',
  },
  {
    title: 'does not use a project that caches another upstream',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ description: '', url: 'https://elsewhere.io' }).id });
      return { adoptionPolicy: 'Use' };
    },
    actions: [],
    reason: 'UpstreamMismatch',
  },
  {
    title: 'stops where nobody marked the project, and says Refuse',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ description: 'by hand' }).id });
      return undefined;
    },
    actions: [],
    reason: 'ProjectNotOurs',
  },
  {
    title: 'tells an erased mark from a foreign project',
    given: (harbor) => {
      const { id: endpointID } = harbor.endpoint({ description: 'by hand' });
      const { id: projectID } = harbor.project({ registryId: endpointID });
      return { known: { endpointID, projectID } };
    },
    actions: [],
    reason: 'MarkMissing',
  },
  {
    title: 'does not adopt an endpoint that other projects use',
    given: (harbor) => {
      const { id: registryId } = harbor.endpoint({ description: '' });
      harbor.project({ registryId });
      harbor.project({ registryId, name: 'other' });
      return { adoptionPolicy: 'Adopt' };
    },
    actions: [],
    reason: 'EndpointShared',
  },
  {
    title: 'does not write to its own endpoint while another project uses it',
    given: (harbor) => {
      const { endpointId } = inSync(harbor);
      harbor.project({ registryId: endpointId, name: 'visitor' });
      return { desired: { ...desired, insecure: true } };
    },
    actions: [],
    reason: 'EndpointShared',
  },
  {
    title: 'stops where Harbor would have to change the type',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ type: 'harbor' }).id });
      return undefined;
    },
    actions: [],
    reason: 'EndpointTypeChanged',
  },
  {
    title: 'takes the type that Harbor can’t proxy as in sync, too',
    given: (harbor) => {
      harbor.project({ registryId: harbor.endpoint({ type: 'quay' }).id });
      return undefined;
    },
    actions: [],
    reason: 'ready',
  },
  {
    title: 'stops where another upstream would mix with what is cached',
    given: (harbor) => {
      inSync(harbor);
      return { desired: { ...desired, url: 'https://elsewhere.io' } };
    },
    actions: [],
    reason: 'UpstreamChanged',
  },
  {
    title: 'gives an endpoint that somebody pointed to another upstream its own back',
    given: (harbor) => {
      const description = formatMark('', { ...ourMark, upstream: 'quay.io' });
      harbor.project({ registryId: harbor.endpoint({ url: 'https://elsewhere.io', description }).id });
      return undefined;
    },
    actions: ['UpdateEndpoint'],
    reason: 'ready',
  },
  {
    title: 'takes no new upstream of the spec for an endpoint that was edited',
    given: (harbor) => {
      const description = formatMark('', { ...ourMark, upstream: 'quay.io' });
      harbor.project({ registryId: harbor.endpoint({ description }).id });
      return { desired: { ...desired, url: 'https://elsewhere.io' } };
    },
    actions: [],
    reason: 'UpstreamChanged',
  },
  {
    title: 'writes at once that an endpoint has another upstream by now than its mark says',
    given: (harbor) => {
      const description = formatMark('', { ...ourMark, upstream: 'elsewhere.io' });
      harbor.project({ registryId: harbor.endpoint({ description }).id });
      return undefined;
    },
    actions: ['UpdateEndpoint'],
    reason: 'ready',
  },
  {
    title: 'writes settings that differ, and none that the spec leaves out',
    given: (harbor) => {
      const { id: registryId } = harbor.endpoint();
      const { id } = harbor.project({ registryId, metadata: { public: 'false', auto_scan: 'false' } });
      harbor.quota(id, 5);
      return { desired: { ...desired, metadata: { auto_scan: 'true' }, storageLimit: 10 } };
    },
    actions: ['UpdateProject', 'UpdateQuota'],
    reason: 'ready',
  },
  {
    title: 'makes its own project public again that was made private by hand, where the spec has the default',
    given: (harbor) => {
      const { id: registryId } = harbor.endpoint();
      harbor.project({ registryId, metadata: { public: 'false' } });
      return {};
    },
    actions: ['UpdateProject'],
    reason: 'ready',
  },
  {
    title: 'does not write again what this Harbor does not keep',
    given: (harbor) => {
      inSync(harbor);
      return {
        desired: { ...desired, metadata: { max_upstream_conn: '3' } },
        unsupported: new Set(['spec.project.maxUpstreamConnections']),
      };
    },
    actions: [],
    reason: 'ready',
  },
  {
    title: 'sets a retention that differs',
    given: (harbor) => {
      inSync(harbor);
      const retention = {
        id: 1,
        projectId: 2,
        daysSinceLastPull: 7,
        keepsAll: false,
        schedule: '0 0 0 * * *',
        ruleCount: 1,
      };
      return { desired: { ...desired, retention: 'all' }, retention };
    },
    actions: ['SetRetention'],
    reason: 'ready',
  },
  {
    title: 'writes credentials whose HMAC isn’t the one in the mark',
    given: (harbor) => {
      const description = formatMark('', { ...ourMark, credentials: 'old' });
      harbor.project({ registryId: harbor.endpoint({ description, accessKey: 'reader' }).id });
      const credentials = { accessKey: 'reader', accessSecret: 'x' };
      return { desired: { ...desired, secrets: { credentials, hmac: 'new' } } };
    },
    actions: ['UpdateEndpoint'],
    reason: 'ready',
  },
];
