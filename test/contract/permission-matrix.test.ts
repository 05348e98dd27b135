import { expect } from 'chai';
import { fullPermissions, smallestPermissions, startHarbor } from '../harbor/index.js';
import type { HarborStandIn } from '../harbor/index.js';
import { callApi } from './http.js';
import { runOperations } from './operations.js';
import { readMatrix } from './recording.js';
import { matrixPermissions } from './scenarios/robots.js';

describe('a robot of the Harbor stand-in may do what the real one could', () => {
  const matrix = readMatrix();
  const permissions = Object.keys(matrix.minus);
  let harbor: HarborStandIn;
  let robots = 0;

  before(async () => {
    harbor = await startHarbor({ upstreams: { '127.0.0.1:5050': {} } });
  });
  after(() => harbor.stop());

  const statusesWith = async (left: readonly string[]): Promise<Record<string, number>> => {
    robots += 1;
    const login = harbor.addRobot(`r${robots}`, matrixPermissions([...left]));
    return runOperations(harbor, login, `o${robots}`);
  };
  const recorded = (statuses: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(statuses).filter(([operation]) => operation !== 'projects list by name: found'));

  it('with every permission', async () => {
    expect(await statusesWith(permissions)).to.deep.equal(recorded(matrix.full));
  });

  it('with the permissions on the system only', async () => {
    const wanted = ['registry:create', 'registry:read', 'registry:list', 'registry:update', 'registry:delete'];
    const system = [...wanted, 'project:create', 'project:list'].map((text) => `system ${text}`);
    expect(await statusesWith(system)).to.deep.equal(recorded(matrix.system_only));
  });

  for (const [permission, changes] of Object.entries(matrix.minus)) {
    it(`without ${permission}`, async () => {
      const lost = Object.fromEntries(Object.entries(changes).map(([operation, [, status]]) => [operation, status]));
      const statuses = await statusesWith(permissions.filter((other) => other !== permission));
      expect(statuses).to.deep.equal({ ...recorded(matrix.full), ...lost });
    });
  }

  it('and the sets that tests hand out are not more than a robot may be given', async () => {
    for (const [index, set] of [smallestPermissions, fullPermissions].entries()) {
      const body = { name: `set${index}`, level: 'system', duration: -1, permissions: set };
      const answer = await callApi(harbor, harbor.admin, 'POST', '/robots', body);
      expect(answer.status, answer.body).to.equal(201);
    }
  });
});
