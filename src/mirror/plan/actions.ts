import type { Precondition } from './preconditions.js';
import type { EndpointUpdate, NewEndpoint, NewProject } from '../../harbor/types.js';

/** An endpoint or a project that an earlier action of the same plan makes. */
export type EndpointRef = number | 'created';

/**
 * One write to Harbor. A plan is a list of these: data that tests compare, the log prints and `plan` shows. Run in order; the first
 * that fails ends the plan.
 */
export type Action = ActionBody & {
  /** Checked again when the action is carried out; one that doesn't hold ends the plan until the next look. */
  readonly requires?: readonly Precondition[];
};

type ActionBody =
  | { readonly kind: 'CreateEndpoint'; readonly endpoint: NewEndpoint }
  | { readonly kind: 'UpdateEndpoint'; readonly id: number; readonly update: EndpointUpdate; readonly why: string }
  | { readonly kind: 'WakeEndpoint'; readonly id: number; readonly description: string }
  | { readonly kind: 'DeleteEndpoint'; readonly id: number; readonly name: string; readonly why: string }
  | { readonly kind: 'CreateProject'; readonly project: Omit<NewProject, 'registryId'>; readonly endpoint: EndpointRef }
  | {
      readonly kind: 'UpdateProject';
      readonly id: number;
      readonly name: string;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'UpdateQuota';
      readonly id: number;
      readonly project: string;
      readonly projectId: number;
      readonly hardBytes: number;
    }
  | {
      readonly kind: 'SetRetention';
      readonly project: string;
      readonly projectId: number;
      readonly keep: number | 'all';
    }
  | { readonly kind: 'EmptyProject'; readonly id: number; readonly name: string }
  | { readonly kind: 'DeleteProject'; readonly id: number; readonly name: string };

/** The action in a person's words, without any secret. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'CreateEndpoint':
      return `create endpoint ${action.endpoint.name} (${action.endpoint.type}, ${action.endpoint.url})`;
    case 'UpdateEndpoint':
      return `update endpoint ${action.id}: ${action.why}`;
    case 'WakeEndpoint':
      return `tell Harbor that the upstream of endpoint ${action.id} is back`;
    case 'DeleteEndpoint':
      return `delete endpoint ${action.name}: ${action.why}`;
    case 'CreateProject':
      return `create proxy-cache project ${action.project.name}`;
    case 'UpdateProject':
      return `update project ${action.name}: ${Object.entries(action.metadata)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ')}`;
    case 'UpdateQuota':
      return `set the storage quota of project ${action.project} to ${action.hardBytes < 0 ? 'unlimited' : `${action.hardBytes} bytes`}`;
    case 'SetRetention':
      return action.keep === 'all'
        ? `keep everything in project ${action.project}`
        : `keep what was pulled from project ${action.project} within ${action.keep} days`;
    case 'EmptyProject':
      return `delete the cached repositories of project ${action.name}`;
    case 'DeleteProject':
      return `delete project ${action.name}`;
  }
}
