import type { Stage } from '../stage/stage.js';
import type { Cast } from '../story/fleet.js';
import type { Step, StepKind } from '../story/step.js';
import { changePullSecret, deletePolicy, deleteProject, editEndpoint, editPolicy, editProject } from './by-hand.js';
import {
  apiServerFails,
  apiServerRestarts,
  harborFails,
  harborGoesAway,
  kyvernoGoesAway,
  rotateHarborLogin,
  watchesDrop,
} from './faults.js';
import { askForALook, createMirror, deleteMirror, deleteSecret, editMirror } from './mirrors.js';
import { upstreamFails, upstreamStaysAway } from './upstreams.js';

/** Steps of one lane are carried out one after the other, those of different lanes side by side. */
export function laneOf(step: Step): string {
  if ('mirror' in step) return step.mirror;
  switch (step.kind) {
    // Kyverno is not started while there is no API server.
    case 'KyvernoGoesAway':
    case 'ApiServerRestarts':
      return 'cluster';
    case 'OperatorEnds':
    case 'LeaderFreezes':
      return 'operators';
    case 'HarborGoesAway':
      return `${step.harbor} Harbor`;
    case 'RotateHarborLogin':
      return 'login';
    case 'EditPolicyByHand':
    case 'DeletePolicyByHand':
    case 'ChangePullSecretByHand':
      return 'policies';
    case 'HarborFails':
    case 'ApiServerFails':
    case 'WatchesDrop':
      return 'faults';
  }
}

type Acts = {
  readonly [K in StepKind]: (stage: Stage, step: Extract<Step, { readonly kind: K }>) => string | Promise<string>;
};

const ACTS: Acts = {
  CreateMirror: (stage, { mirror }) => createMirror(stage, castOf(stage, mirror)),
  DeleteMirror: (stage, { mirror }) => deleteMirror(stage, mirror),
  EditMirror: (stage, { mirror, patch }) => editMirror(stage, mirror, patch),
  MoveMirror: (stage, { mirror, to }) => editMirror(stage, mirror, { harbor: stage.harbors.specOf(to) }),
  AskForALook: (stage, { mirror }) => askForALook(stage, mirror),
  RotateSecret: async (stage, { mirror, password, upstreamFirst }) => {
    const order = upstreamFirst ? (['upstream', 'Secret'] as const) : (['Secret', 'upstream'] as const);
    await stage.setLogin(castOf(stage, mirror), password, order);
    return 'done';
  },
  RotateHarborLogin: (stage, { password, ms }) => rotateHarborLogin(stage, password, ms),
  DeleteSecret: (stage, { mirror }) => deleteSecret(stage, castOf(stage, mirror)),
  EditEndpointByHand: (stage, { mirror, what }) => editEndpoint(stage, mirror, what),
  EditProjectByHand: (stage, { mirror }) => editProject(stage, mirror),
  DeleteProjectByHand: (stage, { mirror, andEndpoint }) => deleteProject(stage, mirror, andEndpoint),
  EditPolicyByHand: (stage, { number, what }) => editPolicy(stage, number, what),
  DeletePolicyByHand: (stage, { number }) => deletePolicy(stage, number),
  ChangePullSecretByHand: (stage, { number, what }) => changePullSecret(stage, number, what),
  HarborFails: (stage, step) => harborFails(stage, step),
  HarborGoesAway: (stage, { harbor, ms }) => harborGoesAway(stage.harbors.get(harbor), ms),
  ApiServerFails: (stage, { how, times }) => apiServerFails(stage, how, times),
  WatchesDrop: (stage) => watchesDrop(stage),
  ApiServerRestarts: (stage, { forgets }) => apiServerRestarts(stage, forgets),
  UpstreamFails: (stage, { mirror, state, ms }) => upstreamFails(stage, castOf(stage, mirror), state, ms),
  UpstreamStaysAway: (stage, { mirror, ms }) => upstreamStaysAway(stage, castOf(stage, mirror), ms),
  KyvernoGoesAway: (stage, { ms }) => kyvernoGoesAway(stage, ms),
  OperatorEnds: (stage, { which, signal }) => stage.replicas.end(which, signal),
  LeaderFreezes: (stage, { ms }) => stage.replicas.freezeLeader(ms),
};

/** Carries a step out and returns what came of it. Rejects where somebody else's fault is in its way. */
export async function act(stage: Stage, step: Step): Promise<string> {
  return actAs(stage, step.kind, step);
}

async function actAs<K extends StepKind>(
  stage: Stage,
  kind: K,
  step: Extract<Step, { readonly kind: K }>,
): Promise<string> {
  return ACTS[kind](stage, step);
}

function castOf({ fleet }: Stage, mirror: string): Cast {
  const cast = fleet.find(({ name }) => name === mirror);
  if (cast === undefined) throw new Error(`There is no ${mirror} in this run.`);
  return cast;
}
