import { formatMark } from '../../harbor/mark.js';
import type { Mark } from '../../harbor/mark.js';
import type { Endpoint } from '../../harbor/types.js';
import type { Action, EndpointRef } from './actions.js';
import { supportedSettings } from '../desired/project-settings.js';
import { endpointName, servesType } from '../desired/desired.js';
import { deletionOf, upstreamOf, newMark, planEndpointUpdate } from './plan-endpoint.js';
import { ownership } from './ownership.js';
import { READY } from '../../api/verdict.js';

import type { HarborPlan, PlanInput } from './plan-input.js';

const NONE: ReadonlySet<string> = new Set();

/** Makes the endpoint and the project, or the project alone on an endpoint that is there for it. Pure. */
export function planCreation(input: PlanInput): HarborPlan {
  const { desired, view, identity } = input;
  const spares = spareEndpoints(input);
  const spare = spares.find(({ endpoint, mark }) => servesType(desired, endpoint, mark)) ?? spares.find(isCreated);
  const createProject = (endpoint: EndpointRef): Action => ({
    kind: 'CreateProject',
    endpoint,
    project: {
      name: desired.projectName,
      metadata: supportedSettings(desired.metadata, input.unsupported ?? NONE),
      ...(desired.storageLimit === undefined ? {} : { storageLimit: desired.storageLimit }),
    },
  });
  const hold = 'created';
  if (spare !== undefined && servesType(desired, spare.endpoint, spare.mark)) {
    // The project is made anew, even where the endpoint, or the project before, was adopted.
    const update = planEndpointUpdate(input, spare.endpoint, { ...spare.mark, project: 'created' });
    return { actions: [...update, createProject(spare.endpoint.id)], verdict: READY, endpoint: spare.endpoint, hold };
  }
  const replaced = spare?.mark.endpoint === 'created' ? spare.endpoint : undefined;
  const name = endpointName(desired.projectName, identity.clusterId, (taken) => {
    const holder = view.endpointByName(taken);
    return holder !== undefined && holder.id !== replaced?.id;
  });
  const { credentials, caCertificate } = desired.secrets;
  const mark = {
    ...newMark(identity, 'created', desired.secrets.hmac),
    ...(desired.instead === undefined ? {} : { instead: desired.instead }),
    ...deletionOf(desired),
    ...upstreamOf(desired),
  };
  const createEndpoint: Action = {
    kind: 'CreateEndpoint',
    endpoint: {
      name,
      type: desired.endpointType,
      url: desired.url,
      insecure: desired.insecure,
      description: formatMark(desired.description ?? '', mark),
      ...(credentials === undefined ? {} : { credentials }),
      ...(caCertificate === undefined ? {} : { caCertificate }),
    },
  };
  const deletion =
    replaced === undefined ? [] : [deleteEndpoint(replaced, 'its type is another and no project uses it')];
  return { actions: [...deletion, createEndpoint, createProject('created')], verdict: READY, hold };
}

interface SpareEndpoint {
  readonly endpoint: Endpoint;
  readonly mark: Mark;
}

/** Endpoints of this mirror's that have no project: left by a crash, or by a project that was deleted by hand. */
function spareEndpoints({ view, identity }: PlanInput): readonly SpareEndpoint[] {
  return view.endpointsOwnedBy(identity.clusterId, identity.mirror).flatMap((endpoint) => {
    const owner = ownership(endpoint, identity);
    return owner.kind === 'ours' && view.projectsByEndpoint(endpoint.id).length === 0
      ? [{ endpoint, mark: owner.mark }]
      : [];
  });
}

/** Only what this operator made is ever deleted. */
function isCreated({ mark }: SpareEndpoint): boolean {
  return mark.endpoint === 'created';
}

/**
 * An endpoint of ours that no project uses is taken away: its project turned out to be someone else's, or a POST that we gave
 * up on was carried out after all.
 */
export function takeBack(input: PlanInput): readonly Action[] {
  return spareEndpoints(input)
    .filter(isCreated)
    .map(({ endpoint }) => deleteEndpoint(endpoint, 'no project uses it'));
}

function deleteEndpoint(endpoint: Endpoint, why: string): Action {
  return { kind: 'DeleteEndpoint', id: endpoint.id, name: endpoint.name, why };
}
