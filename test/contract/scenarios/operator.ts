import { fullPermissions } from '../../harbor/index.js';
import type { Lab } from '../lab.js';
import type { Scenario } from '../scenario.js';

const robotName = 'registry-mirror-operator';

/** A second upstream registry of the recordings, and the proxy that recorded them, which was one, too. */
const otherUpstreams = ['127.0.0.1:5055', '127.0.0.1:8095'] as const;

function mapOthers({ harbor, upstream }: Lab): void {
  for (const host of otherUpstreams) harbor.mapHost(host, { url: upstream.url });
}

const setDisabled =
  (disable: boolean) =>
  ({ harbor }: Lab): void => {
    const robot = harbor.robots().find(({ name }) => name === robotName);
    if (robot !== undefined) robot.disable = disable;
  };

export const operatorScenarios: Readonly<Record<string, Scenario>> = {
  '30_operator_calls': {
    isExcerpt: true,
    setup: (lab) => {
      mapOthers(lab);
      for (const host of ['hub.docker.com', 'registry-1.docker.io', 'quay.io']) lab.harbor.setUpstream(host, 'down');
      lab.addRobot(1, robotName, 'RecordedSecret0030xxxxxxxxxxxxxx', fullPermissions);
    },
    before: { 84: setDisabled(true), 86: setDisabled(false) },
  },
  '31_token_service': { setup: mapOthers },
  '32_wrong_login_read_only': { setup: mapOthers },
  '41_operator_as_robot': { isExcerpt: true },
  '42_operator_as_administrator': { isExcerpt: true },
};
