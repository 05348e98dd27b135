import { MIRRORS } from '../../support/world.js';
import type { Stage } from '../stage/stage.js';
import { editMirror } from './mirrors.js';

/** Ends all that still fails. From here on everything is to heal by itself. */
export async function mend(stage: Stage): Promise<void> {
  const { cluster } = stage.world;
  for (const [, harbor] of stage.harbors.all()) {
    harbor.clearFaults();
    // Calls that hang would do so for good, and one for each upstream is waited for up to 45 minutes.
    await harbor.down();
    await harbor.up();
  }
  await cluster.startApiServer();
  await cluster.startKyverno();
  await stage.harbors.writeLogin();
  for (const cast of stage.fleet) {
    const login = stage.loginOf(cast);
    if (login === undefined) stage.setUpstream(cast, 'up');
    // The Secret may have been deleted, or a rotation been cut off in the middle.
    else await stage.setLogin(cast, login.password);
  }
  // A real Harbor looks at its endpoints every five minutes.
  for (const [, harbor] of stage.harbors.all()) await harbor.refreshStatus();
  const { items } = await cluster.api.json<{ items: readonly { metadata: { name: string } }[] }>('GET', MIRRORS);
  for (const { metadata } of items) await editMirror(stage, metadata.name, { suspend: false });
}
