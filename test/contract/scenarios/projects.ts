import type { Lab } from '../lab.js';
import type { Scenario } from '../scenario.js';

const typesById: Readonly<Record<number, string>> = {
  123: 'docker-registry',
  124: 'harbor',
  125: 'docker-hub',
  126: 'azure-acr',
  127: 'google-gcr',
  128: 'github-ghcr',
  129: 'jfrog-artifactory',
  130: 'huawei-SWR',
  131: 'quay',
  132: 'dtr',
  133: 'aws-ecr',
  134: 'ali-acr',
  135: 'tencent-tcr',
  136: 'volcengine-cr',
  137: 'gitlab',
};

async function setupPull(lab: Lab): Promise<void> {
  lab.addEndpoint(142, 'up');
  lab.addEndpoint(143, 'hub', { type: 'docker-hub', url: 'https://hub.docker.com' });
  lab.harbor.state.repositories.reserve(4);
  await Promise.resolve();
}

export const projectScenarios: Readonly<Record<string, Scenario>> = {
  '07_projects_create': {
    setup: (lab) => {
      for (const [id, type] of Object.entries(typesById)) lab.addEndpoint(Number(id), type, { type });
    },
  },
  '09_projects_get_head_put': {
    setup: async (lab) => {
      lab.addEndpoint(138, 'up');
      lab.addEndpoint(139, 'other');
      await lab.addProject('proxy1', { project: 54, retention: 24, quota: 50 }, { registry_id: 138 });
      for (const [id, name] of [
        [55, 'plain1'],
        [56, '12345'],
        [57, '54'],
      ] as const) {
        await lab.addProject(name, { project: id });
      }
    },
  },
  '10_proxy_pull': {
    setup: setupPull,
    before: {
      16: ({ harbor }) => harbor.finishCaching(),
      32: ({ harbor }) => harbor.finishCaching(),
      40: (lab) => {
        lab.setUpstream('down');
      },
      49: (lab) => {
        lab.upstream.removeTag('atlas/athena', 'v1');
        lab.setUpstream('up');
      },
    },
    tokens: { 10: 'anonymous', 53: 'anonymous' },
    skipped: {
      16: 'the details of an artifact are for the console',
      29: 'the catalogue of all repositories is no call that anything here makes',
      32: 'the details of an artifact are for the console',
    },
  },
  '11_quota_summary_delete': {
    setup: async (lab) => {
      lab.addEndpoint(144, 'up', { description: 'desc' });
      const proxy = { registry_id: 144, storage_limit: 1024 ** 3 };
      await lab.addProject('px', { project: 64, retention: 31, quota: 60 }, proxy);
      await lab.addProject('plain', { project: 65, quota: 61 });
      lab.harbor.state.repositories.reserve(6);
    },
    before: {
      4: (lab) => lab.pull('px/atlas/athena', 'v1'),
      27: ({ harbor }) => harbor.finishCaching(),
      51: (lab) => lab.addProject('777777', { project: 67 }),
    },
    skipped: { 27: 'the details of an artifact are for the console; see "stops caching over the quota, not pulling"' },
  },
  '15_retention_immutable': {
    setup: async (lab) => {
      lab.addEndpoint(190, 'up');
      await lab.addProject('px', { project: 153, retention: 75 }, { registry_id: 190 });
      await lab.addProject('plain', { project: 154 });
    },
    before: {
      23: (lab) => lab.pull('px/atlas/athena', 'v1'),
      36: (lab) => {
        lab.empty('px');
      },
      38: ({ harbor }) => {
        harbor.broken.jobservice = true;
      },
      49: ({ harbor }) => {
        harbor.broken.jobservice = false;
      },
    },
    skipped: {
      2: 'the console reads it to show forms',
      23: 'running a retention policy is no call that the operator makes',
      24: 'running a retention policy is no call that the operator makes',
    },
  },
  '18_rate_limits_429': {
    setup: (lab) => {
      lab.addEndpoint(747, 'up');
    },
    skipped: {
      1: 'four pulls at once: see "answers 429 to pulls over max_upstream_conn"',
      2: 'a load test: see "answers hundreds of calls in parallel"',
    },
  },
};
