import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { copyMirror, createMirrors, measureFleet } from '../../support/fleet.js';
import { OPERATOR_USER } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { MIRRORS } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const CRD = readFileSync(new URL('../../../crds/registrymirror.io_registrymirrors.yaml', import.meta.url), 'utf8');
const SHORTEST = "duration('1m')";
const INTERVAL_S = 6;
/** 1,000 endpoints; 1,000 projects and Harbor's own `library`. */
const PAGES = { '/registries': 10, '/projects': 11 } as const;
/** The health check and the look at what the robot account may do each ask for one endpoint, once at the start. */
const AT_START = { '/registries': 2, '/projects': 0 } as const;
/** The rest of what it asks to learn what the robot account may do. */
const ONCE_AT_START = new Set(['/registries/{id}', '/quotas', '/projects/{project_name_or_id}/_deletable']);

describe('A thousand mirrors', function () {
  this.timeout(120_000);
  // No health check but the one at the start: its reads are not for the mirrors.
  const world = useBareWorld({ env: { HEALTH_INTERVAL: '10m', LOG_LEVEL: 'info' } });

  before(async () => {
    // What a test can wait for is refused by the CRD otherwise.
    expect(CRD).to.include(SHORTEST);
    await world().cluster.apply(CRD.replaceAll(SHORTEST, "duration('1s')"));
    const trial = { ...createMirrors('trial', 1, { interval: `${INTERVAL_S}s` })[0] };
    await eventually(async () => world().cluster.api.json('POST', `${MIRRORS}?dryRun=All`, trial));
  });
  after(async () => {
    await world().cluster.apply(CRD);
  });

  it('cost two writes to Harbor and three to the API server each, and at most six reads of lists for a hundred, until they are Ready', async () => {
    const spec = { interval: `${INTERVAL_S}s` };
    // What the operator reads at its start is not the mirrors'.
    await measureFleet(world(), createMirrors('warm', 1, spec));
    const cost = await measureFleet(world(), createMirrors('first', 100, spec));
    expect(cost.harborWrites).to.equal(200);
    expect(cost.lists).to.be.at.most(6);
    expect(cost.otherReads).to.be.at.most(100);
    expect(cost.apiWrites).to.deep.equal({
      'patch registrymirrors': 100,
      'patch registrymirrors/status': 100,
      'create events': 100,
    });
  });

  it('cost no write when in sync, and of Harbor the pages of its lists, once an interval for all of them', async () => {
    await world().operator.stop();
    await copyMirror(world(), 'first-0', 'copy', 899);
    const { harbor, cluster } = world();
    await world().startOperator();
    harbor.resetCounts();
    const mark = await cluster.audit.mark();
    const startedAt = performance.now();
    const reads = (route: keyof typeof PAGES): number => harbor.count({ method: 'GET', route });
    await eventually(
      () => {
        expect(reads('/registries')).to.be.at.least(2 * PAGES['/registries']);
        expect(reads('/projects')).to.be.at.least(2 * PAGES['/projects']);
      },
      { timeoutMs: 60_000 },
    );
    const intervals = Math.ceil((performance.now() - startedAt) / (INTERVAL_S * 1000));
    for (const route of ['/registries', '/projects'] as const) {
      expect(reads(route), route).to.be.at.most(PAGES[route] * (intervals + 1) + AT_START[route]);
    }
    // What the operator asks once at its start, to learn what it may do.
    const others = harbor.reads().map(({ route }) => route);
    expect(others.filter((route) => !(route in PAGES) && !ONCE_AT_START.has(route))).to.deep.equal([]);
    for (const route of ONCE_AT_START) expect(harbor.count({ method: 'GET', route }), route).to.be.at.most(1);
    expect(harbor.writes()).to.deep.equal([]);
    expect(await cluster.audit.writes({ user: OPERATOR_USER }, mark)).to.deep.equal([]);
  });
});
