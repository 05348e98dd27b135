import { LABELS, OPERATOR } from '../api/group.js';
import type { Secret } from '../credentials/secrets.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import type { Resource } from '../kubernetes/objects.js';
import type { LoginStore, OwnLogin } from './keep-own-robot.js';

/** The Secret with the login of the robot that the operator made for itself; RBAC knows this name. */
export const ROBOT_SECRET = 'registry-mirror-operator-robot';
/** The login that mirrors use when the operator makes its own robot. */
export const ROBOT_LOGIN = { kind: 'secret', name: ROBOT_SECRET } as const;

const EXPIRES = 'expires-at';
const ROBOT_ID = 'robot-id';

/** The Secret of the operator's own robot account, as the place where its login is kept. */
export function ownLoginStore(api: Pick<KubernetesApi, 'get' | 'create' | 'patch'>, namespace: string): LoginStore {
  const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', namespace };
  return {
    read: async () => loginIn(await api.get<Secret>(secrets, ROBOT_SECRET)),
    write: async (login) => {
      const secret = secretOf(login, namespace);
      if ((await api.get(secrets, ROBOT_SECRET)) === undefined) await api.create(secrets, secret);
      else await api.patch(secrets, ROBOT_SECRET, 'merge', secret);
    },
  };
}

function secretOf({ username, password, expiresAt, robotId }: OwnLogin, namespace: string): object {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: {
      name: ROBOT_SECRET,
      namespace,
      labels: { [LABELS.credentials]: 'harbor', [LABELS.managedBy]: OPERATOR },
    },
    data: {
      username: encode(username),
      password: encode(password),
      [EXPIRES]: encode(new Date(expiresAt).toISOString()),
      ...(robotId === undefined ? {} : { [ROBOT_ID]: encode(String(robotId)) }),
    },
  };
}

/** undefined where something is missing in it: then a new robot is made. */
function loginIn(secret: Secret | undefined): OwnLogin | undefined {
  const read = (key: string): string => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
  const [username, password, expiresAt] = [read('username'), read('password'), Date.parse(read(EXPIRES))];
  if (username === '' || password === '' || Number.isNaN(expiresAt)) return undefined;
  const robotId = /^\d+$/.test(read(ROBOT_ID)) ? Number(read(ROBOT_ID)) : undefined;
  return { username, password, expiresAt, ...(robotId === undefined ? {} : { robotId }) };
}
