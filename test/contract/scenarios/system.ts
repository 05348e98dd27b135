import type { Broken } from '../../harbor/index.js';
import { basic, send } from '../http.js';
import type { Lab } from '../lab.js';
import type { Scenario } from '../scenario.js';
import { matrixPermissions } from './robots.js';

const breaks =
  (part: keyof Broken) =>
  ({ harbor }: Lab): void => {
    harbor.broken[part] = true;
  };

const mends =
  (part: keyof Broken) =>
  ({ harbor }: Lab): void => {
    harbor.broken[part] = false;
  };

const looks = ({ harbor }: Lab): void => {
  harbor.refreshHealth();
};

/** The next part breaks while the last one is back. */
const turns =
  (from: keyof Broken, to: keyof Broken) =>
  (lab: Lab): void => {
    mends(from)(lab);
    looks(lab);
    breaks(to)(lab);
  };

const console = 'the console logs in like this; the operator keeps no session';

export const systemScenarios: Readonly<Record<string, Scenario>> = {
  '01_health_systeminfo_auth': {
    options: { wrongPasswordDelayMs: 150 },
    before: {
      31: breaks('portal'),
      32: looks,
      33: turns('portal', 'jobservice'),
      34: looks,
      35: turns('jobservice', 'registryctl'),
      36: looks,
      37: turns('registryctl', 'registry'),
      38: looks,
      39: async (lab) => {
        mends('registry')(lab);
        const wrong = { authorization: basic('admin', 'wrong') };
        lab.pending = send(lab.harbor.url, { method: 'GET', path: '/api/v2.0/registries', headers: wrong });
        // The call of the next step must find this one already held back.
        await send(lab.harbor.url, { method: 'GET', path: '/api/v2.0/ping' });
      },
      40: (lab) => lab.pending,
    },
    skipped: { 8: 'the permissions of a user: the operator asks for none, a robot has no such call' },
  },
  '14_csrf_and_sessions': {
    skipped: Object.fromEntries([10, 11, 12, 13, 14].map((step) => [step, console])),
  },
  '17_dependencies_down': {
    setup: async (lab) => {
      lab.addEndpoint(742, 'up');
      const proxy = { registry_id: 742, metadata: { public: 'true' } };
      await lab.addProject('px', { project: 720, retention: 262 }, proxy);
      await lab.pull('px/atlas/athena', 'v1');
      lab.addRobot(60, 'down', 'RecordedSecret0020xxxxxxxxxxxxxx', matrixPermissions());
      lab.harbor.broken.database = true;
    },
    before: {
      14: looks,
      15: mends('database'),
      16: looks,
      17: breaks('redis'),
      28: looks,
      32: mends('redis'),
      33: looks,
      34: breaks('registry'),
      50: mends('registry'),
    },
    skipped: { 50: 'refused connections: see "refuses connections while it is down"' },
  },
};
