import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import type { LooseSpec, World } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { countWrites } from './writes.js';

const CRD = new URL('../../../crds/registrymirror.io_registrymirrors.yaml', import.meta.url);
const INTERVAL_MS = 2000;
const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);

function spec(name: string, interval = '1h'): LooseSpec {
  return { upstream: { type: 'docker-registry', url: `https://${name}.example.org` }, interval };
}

function mirror(name: string, interval?: string): object {
  return {
    apiVersion: 'registrymirror.io/v1alpha1',
    kind: 'RegistryMirror',
    metadata: { name },
    spec: spec(name, interval),
  };
}

/** More endpoints and projects of other people than fit on one page of a list, behind the API's back. */
function fillHarbor({ harbor: { state } }: World, count: number): void {
  const time = new Date().toISOString();
  const times = { createdAt: time, updatedAt: time };
  for (let index = 0; index < count; index += 1) {
    const id = state.endpoints.nextId();
    const name = `foreign-${index}`;
    const credentials = { credentialType: '', accessKey: '', accessSecret: '', caCertificate: '' };
    const where = { type: 'docker-registry', url: `https://${name}.example.org`, insecure: false, description: '' };
    state.endpoints.put({ id, name, ...where, ...credentials, ...times, status: 'healthy' });
    const owner = { ownerId: 1, ownerName: 'admin', allowlist: [], metadata: { public: 'true' } };
    state.projects.put({ id: state.projects.nextId(), name, registryId: id, ...owner, ...times });
  }
}

describe('what mirrors cost', function () {
  this.timeout(60_000);
  // The one health check is at the start: its reads are not for the mirrors.
  const world = useWorld({ env: { HEALTH_INTERVAL: '10m' } });

  const allReady = async (): Promise<void> => {
    const wait = ['wait', '--for=condition=Ready', '--timeout=30s', '--all', 'registrymirrors'];
    const { code, stderr } = await world().cluster.kubectl(wait);
    expect(code, stderr).to.equal(0);
  };
  const events = (list: readonly string[]): number => list.filter((write) => write === 'create events').length;
  const policies = (list: readonly string[]): number =>
    list.filter((write) => write.includes(' clusterpolicies ')).length;

  it('a new mirror: two writes to Harbor and four to the API server', async () => {
    const count = await countWrites(world());
    await world().apply('first', spec('first'));
    await world().untilReady('first');
    await eventually(async () => {
      expect(events(await count.api())).to.equal(1);
    });
    expect(count.harbor()).to.deep.equal(['POST /registries', 'POST /projects']);
    const writes = await count.api();
    expect(writes).to.have.members([
      'patch registrymirrors first',
      'patch clusterpolicies registry-mirrors',
      'patch registrymirrors/status first',
      'create events',
    ]);
  });

  it('twenty new mirrors at once: forty writes to Harbor, and one or two of the policy that they share', async () => {
    const count = await countWrites(world());
    await world().cluster.apply(names.map((name) => mirror(name)));
    await allReady();
    await eventually(async () => {
      expect(events(await count.api())).to.equal(20);
    });
    expect(count.harbor().filter((write) => write === 'POST /registries')).to.have.length(20);
    expect(count.harbor().filter((write) => write === 'POST /projects')).to.have.length(20);
    expect(count.harbor()).to.have.length(40);
    const writes = await count.api();
    expect(policies(writes)).to.be.within(1, 2);
    expect(writes.length, writes.join('\n')).to.be.at.most(4 * 20);
  });

  it('a request to look again, where nothing differs: the note that it was handled, and no more', async () => {
    const count = await countWrites(world());
    await world().reconcile('many-7');
    expect(count.harbor()).to.deep.equal([]);
    expect(await count.api()).to.deep.equal(['patch registrymirrors/status many-7']);
  });

  it('kubectl apply of what is there already: nothing', async () => {
    const count = await countWrites(world());
    const applied = await world().cluster.apply(names.map((name) => mirror(name)));
    expect(applied.match(/unchanged/g)).to.have.length(20);
    await world().reconcile('first');
    expect(count.harbor()).to.deep.equal([]);
    expect(await count.api()).to.deep.equal(['patch registrymirrors/status first']);
  });

  it('a restart of the operator: no write', async () => {
    await world().operator.stop();
    const count = await countWrites(world());
    await world().startOperator();
    await world().reconcile('many-19');
    expect(count.harbor()).to.deep.equal([]);
    expect(await count.api()).to.deep.equal(['patch registrymirrors/status many-19']);
  });

  describe('at their interval', () => {
    const setShortestInterval = async (from: string, to: string): Promise<void> => {
      const crd = readFileSync(CRD, 'utf8');
      expect(crd).to.include(from);
      await world().cluster.apply(crd.replaceAll(from, to));
    };

    before(async () => {
      // What a test can wait for is refused by the CRD otherwise.
      await setShortestInterval("duration('1m')", "duration('1s')");
      fillHarbor(world(), 150);
      const interval = `${INTERVAL_MS / 1000}s`;
      await eventually(async () => world().cluster.apply([...names, 'first'].map((name) => mirror(name, interval))));
      await allReady();
      for (const name of [...names, 'first']) await world().untilReady(name);
    });
    after(async () => {
      await setShortestInterval("duration('1m')", "duration('1m')");
    });

    it('no write, and of Harbor only the pages of its lists, once for all of them', async () => {
      const lists = (): readonly string[] =>
        world()
          .harbor.reads()
          .map(({ method, route }) => `${method} ${route}`);
      const endpoints = (): number => lists().filter((read) => read === 'GET /registries').length;
      const count = await countWrites(world());
      const startedAt = performance.now();
      // Two pages each: three times is six.
      await eventually(
        () => {
          expect(endpoints()).to.be.at.least(6);
        },
        { timeoutMs: 15_000 },
      );
      const intervals = (performance.now() - startedAt) / INTERVAL_MS;
      await eventually(() => {
        expect(lists().filter((read) => read === 'GET /projects')).to.have.length(endpoints());
      });
      expect(new Set(lists())).to.deep.equal(new Set(['GET /registries', 'GET /projects']));
      expect(endpoints() / 2).to.be.at.most(Math.ceil(intervals));
      expect(count.harbor()).to.deep.equal([]);
      expect(await count.api()).to.deep.equal([]);
    });
  });
});
