import { ANNOTATIONS, LABELS, OPERATOR } from '../api/group.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { ownedBy } from '../api/owners.js';
import { pullSecretName } from '../engines/pull-secret.js';
import type { Secret } from '../credentials/secrets.js';

/** Value of the credentials label: no mirror can refer to such a Secret. */
export const PULL_LABEL = 'pull';
const TYPE = 'kubernetes.io/dockerconfigjson';
const KEY = '.dockerconfigjson';

/** Which robot account a pull Secret is of. No secret itself: it is in an annotation. */
export interface RobotRecord {
  readonly harbor: string;
  readonly projectId: number;
  readonly robotId: number;
  readonly pullPrefix: string;
  /** ms since 1970. */
  readonly issuedAt: number;
}

/** A pull Secret in the operator's namespace, which all copies are made of. */
export interface PullSecret {
  readonly mirror: string;
  readonly record: RobotRecord;
  readonly secret: Secret;
}

interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * The Secret for the operator's namespace.
 *
 * Its key ends in a slash, since kubelet compares beginnings: of `host/team`, too, `host/team-b` would be tried with team's robot
 * (pkg/credentialprovider/keyring.go of Kubernetes 1.36: the longest key first, then all others that match).
 */
export function pullSecretObject(
  mirror: RegistryMirror,
  namespace: string,
  record: RobotRecord,
  { username, password }: Login,
): Secret {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const config = { auths: { [`${record.pullPrefix}/`]: { username, password, auth } } };
  const name = pullSecretName({ mirror: mirror.metadata.name, pullPrefix: record.pullPrefix });
  return object(mirror, name, namespace, {
    annotations: { [ANNOTATIONS.pullRobot]: JSON.stringify(record) },
    data: { [KEY]: Buffer.from(JSON.stringify(config)).toString('base64') },
  });
}

/** The copy of a pull Secret for a namespace. */
export function copyFor(mirror: RegistryMirror, { secret }: PullSecret, namespace: string): Secret {
  return object(mirror, secret.metadata.name, namespace, { annotations: {}, data: secret.data ?? {} });
}

/** Of the mirror, so that it goes with it even if the operator never hears of that. */
function object(
  { metadata }: RegistryMirror,
  name: string,
  namespace: string,
  { annotations, data }: { annotations: Readonly<Record<string, string>>; data: Readonly<Record<string, string>> },
): Secret {
  const { uid } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { [LABELS.credentials]: PULL_LABEL, [LABELS.managedBy]: OPERATOR },
      annotations: { [ANNOTATIONS.mirror]: metadata.name, ...annotations },
      ...ownedBy(uid === undefined ? [] : [{ name: metadata.name, uid }]),
    },
    type: TYPE,
    data,
  };
}

/** Whether the Secret is one that this operator makes for Pods. */
export function isPullSecret({ metadata }: Secret): boolean {
  return metadata.labels?.[LABELS.credentials] === PULL_LABEL && metadata.labels[LABELS.managedBy] === OPERATOR;
}

/** The mirror of a pull Secret; undefined for other Secrets. */
export function mirrorOf(secret: Secret): string | undefined {
  return isPullSecret(secret) ? secret.metadata.annotations?.[ANNOTATIONS.mirror] : undefined;
}

/** What a pull Secret is found by: its mirror. Other Secrets are found by nothing. */
export function mirrorsOf(secret: Secret): readonly string[] {
  const mirror = mirrorOf(secret);
  return mirror === undefined ? [] : [mirror];
}

/** Whether a Secret that has the name of one of this mirror's is that one, also where somebody has taken its labels, or what it notes, away. */
export function isMirrorsOwn(secret: Secret, mirror: string): boolean {
  const noted = secret.metadata.annotations?.[ANNOTATIONS.mirror];
  return notedMirror(secret) === mirror || (isPullSecret(secret) && (noted === undefined || noted === mirror));
}

/** A label, by which Secrets are seen, is taken away more easily than these annotations. */
function notedMirror({ metadata: { annotations = {} } }: Secret): string | undefined {
  return isRecord(parsed(annotations[ANNOTATIONS.pullRobot])) ? annotations[ANNOTATIONS.mirror] : undefined;
}

/** Reads a pull Secret of the operator's namespace; undefined where somebody broke it. */
export function readPullSecret(secret: Secret): PullSecret | undefined {
  const mirror = mirrorOf(secret);
  const record = parsed(secret.metadata.annotations?.[ANNOTATIONS.pullRobot]);
  return mirror === undefined || !isRecord(record) ? undefined : { mirror, record, secret };
}

/** What a Pod logs in with by this Secret; undefined where somebody broke it. */
export function loginOf({ secret, record }: PullSecret): Login | undefined {
  const config = parsed(Buffer.from(secret.data?.[KEY] ?? '', 'base64').toString('utf8'));
  const auths = (config as { auths?: Record<string, Partial<Record<keyof Login, unknown>> | undefined> } | undefined)
    ?.auths;
  const { username, password } = auths?.[`${record.pullPrefix}/`] ?? {};
  if (secret.type !== TYPE || typeof username !== 'string' || typeof password !== 'string') return undefined;
  return { username, password };
}

/** Whether the Secret lets a Pod log in for its prefix, so far as can be told without trying. */
export function isUsable(pull: PullSecret): boolean {
  return loginOf(pull) !== undefined;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // Someone's edit: the Secret is made anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is RobotRecord {
  const record = value as Partial<Record<keyof RobotRecord, unknown>> | null | undefined;
  return (
    typeof record?.harbor === 'string' &&
    typeof record.pullPrefix === 'string' &&
    [record.projectId, record.robotId, record.issuedAt].every((number) => typeof number === 'number')
  );
}
