import type { Lab } from '../lab.js';
import type { Scenario } from '../scenario.js';

const description = 'the console reads it to show forms; the operator reads the list of adapters';

function mapProviders({ harbor }: Lab): void {
  for (const host of ['127.0.0.2', 'registry-1.docker.io']) harbor.mapHost(host, { selfSigned: true });
  const healthy = [
    'okacr.azurecr.io',
    'gcr.io',
    'quay.io',
    'ghcr.io',
    'registry.gitlab.com',
    'ok.jfrog.io',
    '123456789012.dkr.ecr.us-east-1.amazonaws.com',
    'registry.cn-hangzhou.aliyuncs.com',
    'ok.tencentcloudcr.com',
    'ok-cn-beijing.cr.volces.com',
  ];
  for (const host of healthy) harbor.mapHost(host, { selfSigned: true });
  // The providers' own APIs were out of reach.
  const down = [
    'hub.docker.com',
    'api.ecr.us-east-1.amazonaws.com',
    'cr.cn-hangzhou.aliyuncs.com',
    'cr.cn-beijing.aliyuncs.com',
    'tcr.tencentcloudapi.com',
    'open.volcengineapi.com',
  ];
  for (const host of down) harbor.mapHost(host, { up: false });
}

export const registryScenarios: Readonly<Record<string, Scenario>> = {
  '02_registries_list': {},
  '03_registries_create_per_type': {
    setup: mapProviders,
    before: {
      129: ({ harbor }) => {
        harbor.setUpstream('registry-1.docker.io', 'down');
      },
      131: ({ harbor }) => {
        harbor.setUpstream('registry-1.docker.io', 'up');
      },
    },
    skipped: { 1: description },
  },
  '05_registries_get_put_delete': {
    before: {
      54: (lab) => {
        lab.setUpstream('down');
      },
      60: ({ harbor }) => {
        const endpoint = harbor.state.endpoints.get(118);
        if (endpoint !== undefined) endpoint.status = 'unhealthy';
      },
      64: (lab) => {
        lab.setUpstream('up');
      },
      69: ({ harbor }) => {
        harbor.state.replicationPolicies.reserve(3);
      },
    },
  },
  '06_registries_ping_info': {
    setup: (lab) => {
      lab.addEndpoint(120, 'plain');
      lab.addEndpoint(121, 'credential', { accessKey: 'u', accessSecret: 'p' });
      lab.addEndpoint(122, 'harbor', { type: 'harbor', url: 'http://localhost:8085' });
    },
    skipped: { 24: description },
  },
  '20_env_lists_unset': {
    options: { proxyTypes: [], adapters: [] },
    skipped: {
      1: description,
      4: 'a Harbor started with other settings; step 0 of 03_registries_create_per_type is the same call',
    },
  },
  '22_hanging_upstream': {
    setup: (lab) => {
      lab.addEndpoint(1920, 'ok');
      lab.harbor.setUpstream('127.0.0.1:5998', 'hanging');
    },
    before: {
      8: ({ harbor }) => {
        harbor.setUpstream('127.0.0.1:5998', 'down');
      },
    },
    skipped: Object.fromEntries(
      [4, 5, 6, 7].map((step) => [step, 'never answered: see "holds a call open while the upstream hangs"']),
    ),
  },
  '24_ca_certificate': {},
};
