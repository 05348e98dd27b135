import { expect } from 'chai';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { createAll, createMirrors, untilAllReady } from '../../support/fleet.js';
import { harborSecret } from '../../support/harbor-secret.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS } from '../../support/world.js';
import type { World } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';
import { restartIntoSlowLooks } from './slow-looks.js';

const MERGE = 'application/merge-patch+json';
const WORKERS = 4;
/** Several times what the operator works on at once. */
const MANY = 24;

/** The mirrors at which the operator has looked, in the order in which the looks ended. */
function looks({ operator }: World): readonly string[] {
  const ended = operator.log().filter(({ message }) => message === 'The mirror was looked at.');
  return ended.map(({ mirror }) => String(mirror));
}

async function patch({ cluster }: World, name: string, body: object): Promise<void> {
  await cluster.api.json('PATCH', `${MIRRORS}/${name}`, body, MERGE);
}

async function askForLooks(world: World, names: readonly string[]): Promise<void> {
  const annotations = { 'registrymirror.io/requestedAt': new Date().toISOString() };
  await Promise.all(names.map(async (name) => patch(world, name, { metadata: { annotations } })));
}

/** How long a look at a mirror takes that manages its retention, while all are looked at. */
const LOOK_MS = 3000;
const named = (prefix: string): readonly string[] => Array.from({ length: MANY }, (_, index) => `${prefix}-${index}`);

describe('Mirrors of one Harbor', function () {
  this.timeout(120_000);
  // Nothing but the mirrors' looks asks Harbor: it never counts as down.
  const world = useBareWorld({ env: { HEALTH_INTERVAL: '10m', WORKERS: String(WORKERS) } });
  let second: HarborStandIn;

  before(async () => {
    second = await startHarbor({ unmappedHealthy: true });
    await world().cluster.apply([harborSecret('second', second.addRobot('operator'), second.url)]);
    const harbor = { url: second.url, pullHost: 'second.cache.test', credentialsSecretRef: { name: 'second' } };
    await createAll(world(), createMirrors('there', MANY, { harbor }));
    await createAll(world(), createMirrors('here', MANY, { project: { retention: { daysSinceLastPull: 30 } } }));
    await untilAllReady(world(), 2 * MANY, 100_000);
  });
  after(async () => second.stop());

  for (const [what, fault] of [
    ['hangs', { kind: 'hang', when: 'before' }],
    ['is slow', { kind: 'delay', ms: 10_000 }],
  ] as const) {
    it(`do not wait for another one that ${what}, whoever asks for that one’s mirrors`, async () => {
      const stuck = second.inject(() => true, fault, Infinity);
      const before = looks(world()).length;
      try {
        await askForLooks(world(), named('there'));
        await eventually(() => {
          expect(stuck.hits).to.be.greaterThan(0);
        });
        const name = `new-while-it-${what.replaceAll(' ', '-')}`;
        await world().apply(name, {
          upstream: { type: 'docker-registry', url: `https://${name}.example.org` },
          rewrite: { engine: 'None' },
        });
        await patch(world(), 'here-0', { spec: { upstream: { description: what } } });
        await world().untilReady(name);
        await world().untilReady('here-0');
        const since = new Set(looks(world()).slice(before));
        expect(named('there').filter((each) => since.has(each))).to.deep.equal([]);
      } finally {
        stuck.remove();
        // What hangs is given up with its connection.
        await second.down();
        await second.up();
      }
      await askForLooks(world(), ['there-0']);
      await world().untilReady('there-0');
    });
  }

  /** A restart of the operator, until it is looking at all mirrors. @returns those looked at so far */
  const beginResync = async (): Promise<() => readonly string[]> => {
    await restartIntoSlowLooks(world(), LOOK_MS);
    const early = looks(world()).length;
    const resynced = (): readonly string[] =>
      looks(world())
        .slice(early)
        .filter((name) => name.startsWith('here-'));
    await eventually(() => {
      expect(resynced()).to.not.be.empty;
    });
    return resynced;
  };

  it('do not keep a new one waiting until all have been looked at after a restart', async () => {
    const resynced = await beginResync();
    await world().apply('fresh', {
      upstream: { type: 'docker-registry', url: 'https://fresh.example.org' },
      rewrite: { engine: 'None' },
    });
    await world().untilReady('fresh');
    expect(new Set(resynced()).size).to.be.lessThan(MANY - WORKERS);
    world().harbor.clearFaults();
  });

  it('are looked at for a person first, and for a deletion before that, while all are looked at after a restart', async () => {
    const resynced = await beginResync();
    const waiting = named('here').filter((name) => !resynced().includes(name));
    // Those whose turn comes last.
    const [deleted = '', edited = ''] = waiting.toSorted().slice(-2);
    await patch(world(), edited, { spec: { upstream: { description: 'edited' } } });
    await world().cluster.api.send('DELETE', `${MIRRORS}/${deleted}`);
    const before = resynced().length;
    await eventually(
      () => {
        expect(resynced()).to.include.members([edited, deleted]);
      },
      { timeoutMs: 60_000 },
    );
    const order = resynced().slice(before);
    // What was under way already ends first.
    expect(order.indexOf(deleted)).to.be.at.most(WORKERS);
    expect(order.indexOf(edited)).to.be.at.most(2 * WORKERS);
    expect(order.slice(0, order.indexOf(edited)).length).to.be.lessThan(waiting.length - WORKERS);
    world().harbor.clearFaults();
  });
});
