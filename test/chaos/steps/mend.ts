import { MIRRORS } from '../../support/world.js';
import type { Stage } from '../stage/stage.js';
import type { Cast } from '../story/fleet.js';
import { editMirror } from './mirrors.js';
import { carryOut } from './repairs.js';
import type { Repair } from './repairs.js';

/** Ends all that still fails. From here on everything is to heal by itself. */
export async function mend(stage: Stage): Promise<void> {
  const { cluster } = stage.world;
  for (const [, harbor] of stage.harbors.all()) {
    harbor.clearFaults();
    // Calls that hang would do so for good, and one for each upstream is waited for up to 45 minutes.
    await harbor.down();
    await harbor.up();
  }
  await carryOut([
    { what: 'the API server to run', attempt: async () => cluster.startApiServer() },
    { what: 'Kyverno to run', attempt: async () => cluster.startKyverno() },
    { what: 'the second Harbor’s login to be written', attempt: async () => stage.harbors.writeLogin() },
    ...stage.fleet.map((cast) => upstreamOf(stage, cast)),
  ]);
  // A real Harbor looks at its endpoints every five minutes.
  for (const [, harbor] of stage.harbors.all()) await harbor.refreshStatus();
  await carryOut([{ what: 'no mirror to be suspended', attempt: async () => resumeAll(stage) }]);
}

/** The Secret may have been deleted, or a rotation been cut off in the middle. */
function upstreamOf(stage: Stage, cast: Cast): Repair {
  const login = stage.loginOf(cast);
  const attempt = async (): Promise<void> => {
    if (login === undefined) stage.setUpstream(cast, 'up');
    else await stage.setLogin(cast, login.password);
  };
  return { what: `the upstream of ${cast.name} to be up, and its login to be written`, attempt };
}

/** One that was deleted meanwhile needs nothing. */
async function resumeAll(stage: Stage): Promise<void> {
  const { api } = stage.world.cluster;
  const { items } = await api.json<{ items: readonly { metadata: { name: string } }[] }>('GET', MIRRORS);
  for (const { metadata } of items) {
    const status = await editMirror(stage, metadata.name, { suspend: false });
    if (status !== '200' && status !== '404') throw new Error(`${metadata.name} is not resumed: ${status}`);
  }
}
