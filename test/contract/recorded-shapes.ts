import { shapeOf } from '../harbor/shape.js';
import type { Caller, Shape } from '../harbor/shape.js';
import type { Exchange } from './recording.js';
import { readRecording, recordedScenarios } from './recording.js';

/** The shapes of all calls that a real Harbor was recorded to answer, other than by asking for a login. */
export function recordedShapes(): readonly Shape[] {
  return recordedScenarios.flatMap((name) => readRecording(name).exchanges.flatMap(shapesOf));
}

function shapesOf(exchange: Exchange): readonly Shape[] {
  const { request, response } = exchange;
  if (request === undefined || response === undefined) return [];
  const { method, path, body, headers } = request;
  const shape = shapeOf({ method, path, body, caller: callerOf(headers?.authorization, response.status) });
  return isAnswer(shape, response.status) ? [shape] : [];
}

/**
 * Nothing can rest on a call that Harbor was only seen to refuse with 401. But it is what a wrong password is there to be
 * told, and where pulls begin it says where tokens are.
 */
function isAnswer({ route, caller }: Shape, status: number): boolean {
  return status !== 401 || caller === 'wrong password' || route.startsWith('/v2');
}

const wrongPasswords = /:(bad|wrong|nope)\)$/;

/** Who called, as far as Harbor is concerned: a robot that is disabled has the right password, and isn't logged in. */
function callerOf(authorization: string | undefined, status: number): Caller {
  if (authorization === undefined) return 'anonymous';
  if (authorization.startsWith('Bearer ')) return 'bearer';
  if (status === 401 || wrongPasswords.test(authorization)) return 'wrong password';
  return authorization.startsWith('Basic base64(robot$') ? 'robot' : 'user';
}
