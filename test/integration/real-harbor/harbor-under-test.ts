import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { newRobot } from '../../../src/robots/permissions.js';
import { startHarbor } from '../../harbor/index.js';
import type { Login } from '../../harbor/index.js';
import { sceneHeader } from '../../harbor/seen.js';
import { harborVersions, versionFromEnvironment } from '../../harbor/versions.js';

/** The Harbor that the suite runs on: a real one where HARBOR_URL names it, else the stand-in. */
export interface HarborUnderTest {
  readonly kind: 'real' | 'stand-in';
  readonly url: string;
  /** Of an administrator, for what the suite itself sets up and looks at. */
  readonly admin: Login;
  readonly client: HarborClient;
  /** Changes a robot account, which is more than the operator ever does. */
  updateRobot(id: number, change: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

const { HARBOR_URL, HARBOR_USERNAME = '', HARBOR_PASSWORD = '' } = process.env;

/** For the titles of tests. */
export const harborName = isSet(HARBOR_URL) ? HARBOR_URL : 'the Harbor stand-in';

/** What differs between Harbor's versions is tried with each of the stand-in's; a real Harbor has the one that it has. */
export const harborsToTry: readonly { readonly title: string; readonly version?: string }[] =
  isSet(HARBOR_URL) || isSet(process.env.HARBOR_VERSION)
    ? [{ title: harborName }]
    : harborVersions.map((version) => ({ title: `${harborName} ${version}`, version }));

/** How long Harbor may take to note what was pulled: up to 20 s. */
export const NOTED_MS = 60_000;

/** @param version - of the stand-in; default: what HARBOR_VERSION asks for */
export async function useHarbor(version?: string): Promise<HarborUnderTest> {
  if (!isSet(HARBOR_URL)) return startStandIn(version);
  const admin = { username: HARBOR_USERNAME, password: HARBOR_PASSWORD };
  const harbor = underTest('real', HARBOR_URL.replace(/\/+$/, ''), admin, () => Promise.resolve());
  await harbor.client.checkAccess();
  return harbor;
}

async function startStandIn(version: string | undefined): Promise<HarborUnderTest> {
  const asked = version === undefined ? versionFromEnvironment() : { version };
  const standIn = await startHarbor({ cacheDelayMs: 500, ...asked });
  return underTest('stand-in', standIn.url, standIn.admin, () => standIn.stop());
}

function underTest(
  kind: HarborUnderTest['kind'],
  url: string,
  admin: Login,
  stop: () => Promise<void>,
): HarborUnderTest {
  const client = createHarborClient({ url, ...admin });
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json', [sceneHeader]: 'by an administrator' };
  return {
    kind,
    url,
    admin,
    client,
    async updateRobot(id, change) {
      const route = `${url}/api/v2.0/robots/${id}`;
      const robot = (await answered(await fetch(route, { headers }))) as object;
      await answered(await fetch(route, { method: 'PUT', headers, body: JSON.stringify({ ...robot, ...change }) }));
    },
    async stop() {
      client.close();
      await stop();
    },
  };
}

/** Whether this Harbor is at least of a release, `2.14.1`. */
export async function isAtLeast({ client }: HarborUnderTest, release: string): Promise<boolean> {
  const { version = '' } = await client.systemInfo();
  const own = /\d+\.\d+\.\d+/.exec(version)?.[0].split('.').map(Number) ?? [];
  for (const [index, wanted] of release.split('.').map(Number).entries()) {
    const difference = (own[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The first Harbor that lets a robot account make others, or change quotas. */
export const ROBOTS_OF_ROBOTS = '2.12.0';

/** A robot account with the permissions that docs/operations.md lists, and no others: what the operator runs with. */
export async function makeOperatorRobot(harbor: HarborUnderTest, name: string): Promise<Login> {
  const { client } = harbor;
  const isAllowed = await isAtLeast(harbor, ROBOTS_OF_ROBOTS);
  const duties = { quotas: isAllowed, adapters: true, pullRobots: isAllowed };
  const { name: username, secret: password } = await client.createRobot(newRobot(name, 1, duties));
  return { username, password };
}

async function answered(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} was answered with ${response.status}: ${text}`);
  return text.trim() === '' ? undefined : JSON.parse(text);
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
