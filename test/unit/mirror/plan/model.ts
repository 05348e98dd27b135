import { formatMark, parseMark } from '../../../../src/harbor/mark.js';
import type { Mark } from '../../../../src/harbor/mark.js';
import type { InventoryView } from '../../../../src/harbor/inventory.js';
import type { Endpoint, EndpointUpdate, Project, Quota } from '../../../../src/harbor/types.js';
import type { Action } from '../../../../src/mirror/plan/actions.js';
import type { Desired } from '../../../../src/mirror/desired/desired.js';
import { planHarbor } from '../../../../src/mirror/plan/plan.js';
import type { HarborPlan, HarborView, PlanInput } from '../../../../src/mirror/plan/plan-input.js';

export const identity = { clusterId: 'cluster-a', mirror: 'quay' } as const;
export const ourMark: Mark = { cluster: 'cluster-a', mirror: 'quay', endpoint: 'created', project: 'created' };

export const desired: Desired = {
  mirror: 'quay',
  endpointType: 'docker-registry',
  endpointTypes: ['docker-registry', 'quay'],
  url: 'https://quay.io',
  insecure: false,
  description: '',
  secrets: {},
  projectName: 'quay',
  metadata: { public: 'true' },
  statesPublic: false,
};

/** A Harbor in a few lines: what plans are made about, and carried out on. */
export class HarborModel {
  readonly #endpoints = new Map<number, Endpoint>();
  readonly #projects = new Map<number, Project>();
  readonly #quotas = new Map<number, Quota>();
  #lastId = 0;

  endpoint(endpoint: Partial<Endpoint> = {}): Endpoint {
    this.#lastId += 1;
    const whole: Endpoint = {
      id: this.#lastId,
      name: 'quay',
      type: 'docker-registry',
      url: 'https://quay.io',
      description: formatMark('', ourMark),
      insecure: false,
      status: 'healthy',
      ...endpoint,
    };
    this.#endpoints.set(whole.id, whole);
    return whole;
  }

  project(project: Omit<Partial<Project>, 'registryId'> & { readonly registryId: number | undefined }): Project {
    this.#lastId += 1;
    const { registryId, ...rest } = project;
    const whole: Project = {
      id: this.#lastId,
      name: 'quay',
      metadata: { public: 'true' },
      repositoryCount: 0,
      ...(registryId === undefined ? {} : { registryId }),
      ...rest,
    };
    this.#projects.set(whole.id, whole);
    return whole;
  }

  quota(projectId: number, hardBytes: number): void {
    this.#lastId += 1;
    this.#quotas.set(projectId, { id: this.#lastId, projectId, projectName: '', hardBytes, usedBytes: 0 });
  }

  projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  get view(): HarborView & Pick<InventoryView, 'endpoints'> {
    const endpoints = [...this.#endpoints.values()];
    const projects = [...this.#projects.values()];
    return {
      endpoints: () => endpoints,
      endpointById: (id) => this.#endpoints.get(id),
      endpointByName: (name) => endpoints.find((endpoint) => endpoint.name === name),
      projectByName: (name) => projects.find((project) => project.name === name),
      endpointsOwnedBy: (cluster, mirror) =>
        endpoints.filter(({ description }) => {
          const { mark } = parseMark(description);
          return mark?.cluster === cluster && mark.mirror === mirror;
        }),
      projectsByEndpoint: (id) => projects.filter(({ registryId }) => registryId === id),
      quotaByProject: (id) => this.#quotas.get(id),
    };
  }

  plan(input: Partial<PlanInput> = {}): HarborPlan {
    return planHarbor({ desired, identity, adoptionPolicy: 'Refuse', known: undefined, view: this.view, ...input });
  }

  /** Carries a plan out, as Harbor would. */
  carryOut(actions: readonly Action[]): void {
    let created: number | undefined;
    for (const action of actions) created = this.#carryOutOne(action, created) ?? created;
  }

  #carryOutOne(action: Action, created: number | undefined): number | undefined {
    switch (action.kind) {
      case 'CreateEndpoint': {
        const { credentials, ...rest } = action.endpoint;
        return this.endpoint({ ...rest, ...(credentials === undefined ? {} : { accessKey: credentials.accessKey }) })
          .id;
      }
      case 'CreateProject': {
        const { name, metadata, storageLimit } = action.project;
        const registryId = action.endpoint === 'created' ? created : action.endpoint;
        const project = this.project({ name, metadata, registryId });
        this.quota(project.id, storageLimit ?? -1);
        return undefined;
      }
      case 'UpdateEndpoint':
        this.#update(action.id, action.update);
        return undefined;
      case 'UpdateProject': {
        const project = this.#projects.get(action.id);
        if (project === undefined) throw new Error('no such project');
        this.#projects.set(action.id, { ...project, metadata: { ...project.metadata, ...action.metadata } });
        return undefined;
      }
      case 'UpdateQuota':
        this.quota(action.projectId, action.hardBytes);
        return undefined;
      case 'DeleteEndpoint':
        if (this.view.projectsByEndpoint(action.id).length > 0) throw new Error('412: the endpoint is in use');
        this.#endpoints.delete(action.id);
        return undefined;
      case 'DeleteProject':
        this.#projects.delete(action.id);
        return undefined;
      default:
        return undefined;
    }
  }

  #update(id: number, update: EndpointUpdate): void {
    const before = this.#endpoints.get(id);
    if (before === undefined) throw new Error('no such endpoint');
    const { credentials, caCertificate, ...rest } = update;
    const { accessKey: oldKey, caCertificate: oldPem, ...kept } = before;
    const accessKey = credentials === undefined ? oldKey : credentials?.accessKey;
    const pem = caCertificate === undefined ? oldPem : (caCertificate ?? undefined);
    this.#endpoints.set(id, {
      ...kept,
      ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<Endpoint>),
      ...(accessKey === undefined ? {} : { accessKey }),
      ...(pem === undefined ? {} : { caCertificate: pem }),
    });
  }
}
