import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { newRobot } from '../../../src/harbor/permissions.js';
import { isOlder } from '../../../src/harbor/version.js';
import { startHarbor } from '../../harbor/index.js';
import type { Login } from '../../harbor/index.js';
import { sceneHeader } from '../../harbor/seen.js';
import { harborVersions, releaseOf, versionFromEnvironment } from '../../harbor/versions.js';

/** The Harbor that the suite runs on: a real one where HARBOR_URL names it, else the stand-in. */
export interface HarborUnderTest {
  readonly url: string;
  /** `2.15.2`, or what Harbor says in place of it. */
  readonly version: string;
  /** Of an administrator, for what the suite itself sets up and looks at. */
  readonly admin: Login;
  readonly client: HarborClient;
  /** Changes a robot account, which is more than the operator ever does. */
  updateRobot(id: number, change: Readonly<Record<string, unknown>>): Promise<void>;
  /** Harbor looks at its upstreams. A real one does so every 5 minutes, and can't be told to: there, this changes nothing. */
  refreshStatus(): Promise<void>;
  stop(): Promise<void>;
}

const { HARBOR_URL = '', HARBOR_USERNAME: username = '', HARBOR_PASSWORD: password = '' } = process.env;
const realUrl = HARBOR_URL.replace(/\/+$/, '');
export const isReal = realUrl !== '';

/** What the suite runs on: the real Harbor, or the stand-in as HARBOR_VERSION asks for it. Which tests there are depends on its version. */
export const harborVersion = isReal ? await versionOf(realUrl) : releaseOf(versionFromEnvironment().version ?? '2.15');

/** For the titles of tests. */
export const harborName = isReal ? realUrl : `the Harbor stand-in ${harborVersion}`;

/** What differs between Harbor's versions is tried with each of the stand-in's; a real Harbor has the one that it has. */
export const harborsToTry: readonly { readonly title: string; readonly version: string }[] =
  isReal || versionFromEnvironment().version !== undefined
    ? [{ title: harborName, version: harborVersion }]
    : harborVersions.map((version) => ({ title: `the Harbor stand-in ${version}`, version: releaseOf(version) }));

/** How long Harbor may take to note what was pulled: up to 20 s. */
export const NOTED_MS = 60_000;

/** The first Harbor that lets a robot account make others, or change quotas. */
export const ROBOTS_OF_ROBOTS = '2.12.0';

/** @param version - of the stand-in */
export async function useHarbor(version: string): Promise<HarborUnderTest> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (isReal) return underTest(realUrl, version, { username, password }, { refreshStatus: nothing, stop: nothing });
  const standIn = await startHarbor({ cacheDelayMs: 500, version });
  return underTest(standIn.url, version, standIn.admin, {
    refreshStatus: () => standIn.refreshStatus(),
    stop: () => standIn.stop(),
  });
}

async function versionOf(url: string): Promise<string> {
  const client = createHarborClient({ url, username, password });
  try {
    await client.checkAccess();
    return (await client.systemInfo()).version ?? 'unknown';
  } finally {
    client.close();
  }
}

function underTest(
  url: string,
  version: string,
  admin: Login,
  { refreshStatus, stop }: Pick<HarborUnderTest, 'refreshStatus' | 'stop'>,
): HarborUnderTest {
  const client = createHarborClient({ url, ...admin });
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json', [sceneHeader]: 'by an administrator' };
  return {
    url,
    version,
    admin,
    client,
    async updateRobot(id, change) {
      const route = `${url}/api/v2.0/robots/${id}`;
      const robot = (await answered(await fetch(route, { headers }))) as object;
      await answered(await fetch(route, { method: 'PUT', headers, body: JSON.stringify({ ...robot, ...change }) }));
    },
    refreshStatus,
    async stop() {
      client.close();
      await stop();
    },
  };
}

/** A robot account with the permissions that docs/how-to/operations.md lists, and no others: what the operator runs with. */
export async function makeOperatorRobot({ client, version }: HarborUnderTest, name: string): Promise<Login> {
  const isAllowed = !isOlder(version, ROBOTS_OF_ROBOTS);
  const duties = { quotas: isAllowed, adapters: true, pullRobots: isAllowed };
  const robot = await client.createRobot(newRobot(name, 1, duties));
  return { username: robot.name, password: robot.secret };
}

async function answered(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} was answered with ${response.status}: ${text}`);
  return text.trim() === '' ? undefined : JSON.parse(text);
}
