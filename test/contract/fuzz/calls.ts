import type { HarborApi } from '../../../src/harbor/api.js';

/** One call of the client, and whether what it resolves to has the type that it promises. */
export interface FuzzedCall {
  readonly run: (client: HarborApi) => Promise<unknown>;
  readonly isRight: (value: unknown) => boolean;
  /** The most requests that it may take: retries included, of which the test allows one. */
  readonly requests: number;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTruth: Check = (value) => typeof value === 'boolean';
const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isCreatedId: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isWhole: Check = (value) => Number.isSafeInteger(value);
const isNothing: Check = (value) => value === undefined;
const isTexts: Check = (value) => Object.values(value as object).every(isText);

function has(fields: Readonly<Record<string, Check>>): Check {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}

const or =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const all =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const listing = (check: Check): Check => has({ items: all(check), unreadable: all(has({ why: isText })) });

const endpoint = has({ id: isId, name: isText, type: isText, url: isText, description: isText, insecure: isTruth });
const project = has({ id: isId, name: isText, metadata: isTexts, repositoryCount: isWhole });
const quota = has({ id: isId, projectId: isId, hardBytes: isWhole, usedBytes: isWhole });
const robot = has({ id: isId, name: isText, description: isText, disabled: isTruth, expiresAt: isWhole });
const retention = has({ id: isId, projectId: isId, keepsAll: isTruth, schedule: isText, ruleCount: isWhole });

/** A page and its repetition; a list is read three times at most, each time the first page and seven around the end. */
const ONE = 2;
const LIST = 3 * 8 * ONE;

const NEW_ENDPOINT = {
  name: 'quay',
  type: 'docker-registry',
  url: 'https://quay.io',
  description: '',
  insecure: false,
};
const NEW_ROBOT = { name: 'r', level: 'system', description: '', durationDays: 1, permissions: [] } as const;

/** Every call of the client. */
export const CALLS: Readonly<Record<keyof HarborApi, FuzzedCall>> = {
  systemInfo: { run: (it) => it.systemInfo(), isRight: has({ authMode: isText, readOnly: isTruth }), requests: ONE },
  health: { run: (it) => it.health(), isRight: has({ status: isText, unhealthy: all(isText) }), requests: ONE },
  checkAccess: { run: (it) => it.checkAccess(), isRight: isNothing, requests: ONE },
  checkTokenService: { run: (it) => it.checkTokenService(), isRight: isNothing, requests: ONE },
  listPresent: {
    run: async (it) => {
      const { endpoints, unhealthy, projects } = await it.listPresent();
      return [...endpoints, ...unhealthy, ...projects];
    },
    isRight: all(isId),
    requests: 2 * LIST,
  },
  askAsNode: {
    run: (it) =>
      it.askAsNode({ project: 'px', path: 'library/busybox', reference: 'latest', pullHost: 'pull.example.org' }),
    isRight: or(has({ kind: (kind) => kind === 'served' }), has({ realm: isText })),
    requests: 3,
  },
  listEndpoints: { run: (it) => it.listEndpoints(), isRight: listing(endpoint), requests: LIST },
  findEndpoint: { run: (it) => it.findEndpoint('quay'), isRight: or(isNothing, endpoint), requests: LIST },
  getEndpoint: { run: (it) => it.getEndpoint(7), isRight: or(isNothing, endpoint), requests: ONE },
  createEndpoint: { run: (it) => it.createEndpoint(NEW_ENDPOINT), isRight: isCreatedId, requests: 1 },
  updateEndpoint: { run: (it) => it.updateEndpoint(7, { description: 'x' }), isRight: isNothing, requests: ONE },
  deleteEndpoint: { run: (it) => it.deleteEndpoint(7), isRight: isNothing, requests: ONE },
  pingEndpoint: { run: (it) => it.pingEndpoint(7), isRight: isTruth, requests: 1 },
  listProjects: { run: (it) => it.listProjects(), isRight: listing(project), requests: LIST },
  listProjectsOfEndpoint: { run: (it) => it.listProjectsOfEndpoint(7), isRight: all(project), requests: LIST },
  findProject: { run: (it) => it.findProject('px'), isRight: or(isNothing, project), requests: LIST },
  getProject: { run: (it) => it.getProject(8), isRight: or(isNothing, project), requests: ONE },
  projectExists: { run: (it) => it.projectExists('px'), isRight: isTruth, requests: ONE },
  createProject: {
    run: (it) => it.createProject({ name: 'px', registryId: 7, metadata: {} }),
    isRight: isCreatedId,
    requests: 1,
  },
  updateProject: { run: (it) => it.updateProject(8, { public: 'true' }), isRight: isNothing, requests: ONE },
  deleteProject: { run: (it) => it.deleteProject({ id: 8, name: 'px' }), isRight: isNothing, requests: ONE + LIST },
  projectDeletionBlocker: { run: (it) => it.projectDeletionBlocker(8), isRight: or(isNothing, isText), requests: ONE },
  listRepositories: {
    run: (it) => it.listRepositories('px', 100),
    isRight: has({ items: all(has({ id: isId, name: isText, artifactCount: isWhole })), total: isWhole }),
    requests: ONE,
  },
  deleteRepository: { run: (it) => it.deleteRepository('px', 'atlas/athena'), isRight: isNothing, requests: ONE },
  listQuotas: { run: (it) => it.listQuotas(), isRight: listing(quota), requests: LIST },
  findQuota: { run: (it) => it.findQuota(8), isRight: or(isNothing, quota), requests: LIST },
  updateQuota: { run: (it) => it.updateQuota(5, 1), isRight: isNothing, requests: ONE },
  getRetention: { run: (it) => it.getRetention(3), isRight: retention, requests: ONE },
  createRetention: {
    run: (it) => it.createRetention({ projectId: 8, daysSinceLastPull: 7 }),
    isRight: isCreatedId,
    requests: 1,
  },
  updateRetention: {
    run: (it) => it.updateRetention(3, { projectId: 8, daysSinceLastPull: 'all' }),
    isRight: isNothing,
    requests: ONE,
  },
  listSystemRobots: { run: (it) => it.listSystemRobots(), isRight: all(robot), requests: LIST },
  listProjectRobots: { run: (it) => it.listProjectRobots(8), isRight: all(robot), requests: LIST },
  createRobot: {
    run: (it) => it.createRobot(NEW_ROBOT),
    isRight: has({ id: isId, name: isText, secret: isText, expiresAt: isWhole }),
    requests: 1,
  },
  deleteRobot: { run: (it) => it.deleteRobot(4), isRight: isNothing, requests: ONE },
};
