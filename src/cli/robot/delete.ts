import { isOperatorRobot } from '../../harbor/permissions.js';
import { isHarborError } from '../../harbor/http/errors.js';
import type { HarborError } from '../../harbor/http/errors.js';
import type { Robot } from '../../harbor/types.js';
import { clusterIdOf } from '../../kubernetes/cluster-id.js';
import { ownRobotsOf } from '../../robots/keep-own-robot.js';
import { connect } from '../cluster/kubeconfig.js';
import type { KubeconfigFlags } from '../cluster/kubeconfig.js';
import { InputError } from '../input-error.js';
import type { Output } from '../output.js';
import { adminClient, userNameIn } from './login.js';
import type { LoginFlags } from './login.js';

/** What Harbor puts in front of the names of robot accounts, unless its administrator chose something else. */
const USUAL_PREFIX = 'robot$';

export interface DeleteFlags extends LoginFlags, KubeconfigFlags {
  readonly name: string;
  readonly minted: boolean;
  readonly clusterId?: string;
}

/**
 * Deletes the robot account of that name, or those that the operator made for itself, and never anybody else's.
 *
 * @throws InputError where there is none, where it is somebody else's, and where the login may not do this
 */
export async function deleteRobots(flags: DeleteFlags, output: Output): Promise<void> {
  const clusterId = flags.minted ? (flags.clusterId ?? (await clusterIdOf((await connect(flags)).api))) : undefined;
  const client = await adminClient(flags);
  try {
    const robots = await client.listSystemRobots();
    const found = clusterId === undefined ? [robotNamed(robots, flags.name)] : mintedRobots(robots, clusterId);
    for (const { id, name } of found) {
      await client.deleteRobot(id);
      output.out(`Robot account ${name} is deleted.`);
    }
  } catch (error) {
    if (!isHarborError(error, 'forbidden')) throw error;
    throw notAllowed(error, flags);
  } finally {
    client.close();
  }
}

/** Its whole name must be given: what only ends alike may be the robot account of another cluster's operator. */
function robotNamed(robots: readonly Robot[], name: string): Robot {
  const robot = robots.find((each) => each.name === name || each.name === `${USUAL_PREFIX}${name}`);
  if (robot === undefined) throw new InputError(`Harbor has no robot account ${name}. ${ours(robots)}`);
  if (isOperatorRobot(robot)) return robot;
  throw new InputError(
    `Robot account ${robot.name} stays: its description doesn't say that harbor-robot or the operator made it. If it was the operator's all the same, delete it in Harbor.`,
  );
}

function mintedRobots(robots: readonly Robot[], clusterId: string): readonly Robot[] {
  const minted = ownRobotsOf(robots, clusterId);
  if (minted.length > 0) return minted;
  throw new InputError(
    `Harbor has no robot account that the operator of cluster ${clusterId} made for itself. For another cluster give --context or --cluster-id. ${ours(robots)}`,
  );
}

function ours(robots: readonly Robot[]): string {
  const names = robots.filter(isOperatorRobot).map(({ name }) => name);
  return names.length === 0
    ? 'It has none that harbor-robot or an operator made.'
    : `What harbor-robot or an operator made are: ${names.join(', ')}.`;
}

function notAllowed({ harbor, message }: HarborError, flags: DeleteFlags): InputError {
  const where = harbor === undefined ? 'Harbor' : `Harbor at ${harbor}`;
  return new InputError(
    `${where} doesn't let ${userNameIn(flags)} list and delete robot accounts. Give the login of an administrator; the operator's own has no right to do this. (${message})`,
  );
}
