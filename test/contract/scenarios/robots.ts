import { accessOf } from '../../harbor/permissions.js';
import type { Permission } from '../../harbor/index.js';
import type { Lab } from '../lab.js';
import { readMatrix } from '../recording.js';
import type { Scenario } from '../scenario.js';

/** The permissions that the recorded matrix takes away one by one: the whole set. */
export function matrixPermissions(left = Object.keys(readMatrix().minus)): Permission[] {
  const of = (kind: 'system' | 'project', namespace: string): Permission => ({
    kind,
    namespace,
    access: left.filter((text) => text.startsWith(`${kind} `)).map((text) => accessOf(text.slice(kind.length + 1))),
  });
  return [of('system', '/'), of('project', '*')].filter(({ access }) => access.length > 0);
}

const pullOn = (namespace: string): Permission => ({
  kind: 'project',
  namespace,
  access: [accessOf('repository:pull')],
});

const verbsOn = (namespace: string, ...texts: readonly string[]): Permission => ({
  kind: 'project',
  namespace,
  access: texts.map(accessOf),
});

const secret = (number: number): string => `RecordedSecret${String(number).padStart(4, '0')}xxxxxxxxxxxxxx`;

const systemOnly = (): Permission[] => {
  const texts = ['registry:create', 'registry:read', 'registry:list', 'registry:update', 'registry:delete'];
  const access = [...texts, 'project:create', 'project:list'].map(accessOf);
  return [{ kind: 'system', namespace: '/', access }];
};

async function setupNamed(lab: Lab): Promise<void> {
  await lab.delete('/projects/o39');
  await lab.delete('/projects/o39p');
  await lab.addProject('named', { project: 148 });
  lab.addRobot(89, 'lp39', secret(14), [verbsOn('named', 'project:read', 'project:update', 'project:delete')]);
  lab.addRobot(90, 'lp40', secret(15), [verbsOn('*', 'robot:create', 'repository:pull')]);
}

export const robotScenarios: Readonly<Record<string, Scenario>> = {
  '12_robots': {
    setup: async (lab) => {
      lab.addEndpoint(145, 'up');
      await lab.addProject('px', { project: 68, retention: 33 }, { registry_id: 145 });
      await lab.addProject('px2', { project: 69 });
    },
    tokens: {
      45: { username: 'robot$px+puller', password: secret(1) },
      46: { username: 'robot$px+puller', password: secret(1) },
    },
    before: {
      54: ({ harbor }) => {
        const robot = harbor.state.robots.get(1);
        if (robot !== undefined) robot.secret = secret(9);
      },
    },
  },
  '13_robot_least_privilege': {
    setup: (lab) => {
      lab.addRobot(11, 'lp1', secret(10), matrixPermissions());
    },
    before: {
      36: async (lab) => {
        await lab.delete('/projects/o1p');
        lab.addRobot(50, 'lp38', secret(13), systemOnly());
      },
      59: (lab) => {
        lab.addRobot(88, 'o39+p', secret(99), [pullOn('o39')], lab.harbor.project('o39'));
      },
      65: (lab) => lab.delete('/projects/o39'),
      72: setupNamed,
      81: (lab) => {
        const verbs = verbsOn('named', 'project:read', 'project:update');
        lab.addRobot(92, 'named+pl', secret(17), [verbs], lab.harbor.project('named'));
      },
    },
  },
  '13c_robot_minimal_lifecycle': {
    setup: ({ harbor }) => {
      harbor.state.repositories.reserve(14);
    },
    before: {
      15: (lab) => lab.pull('px/atlas/athena', 'v1'),
      24: (lab) => lab.addProject('qp', { project: 1940, quota: 1554 }),
    },
  },
};
