import { randomBytes } from 'node:crypto';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { Resource } from '../kubernetes/objects.js';
import type { Secret } from './secrets.js';

const KEY_BYTES = 32;
const FIELD = 'hmac-key';

/**
 * The operator's key for the HMAC that tells which credentials were written to Harbor. Kept in a Secret of its own, made when first
 * needed; without it the credentials are written once more, no harm done.
 *
 * @throws KubernetesError
 */
export async function readOrCreateHmacKey(api: KubernetesApi, namespace: string, name: string): Promise<Buffer> {
  const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', namespace };
  const existing = keyOf(await api.get<Secret>(secrets, name));
  if (existing !== undefined) return existing;
  const key = randomBytes(KEY_BYTES);
  try {
    await api.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      data: { [FIELD]: key.toString('base64') },
    });
    return key;
  } catch (error) {
    if (!isKubernetesError(error, 'alreadyExists')) throw error;
    const theirs = keyOf(await api.get<Secret>(secrets, name));
    if (theirs === undefined)
      throw new Error(`Secret ${namespace}/${name} has no ${FIELD}: delete it`, { cause: error });
    return theirs;
  }
}

/** The key, where it is there already. */
export async function readHmacKey(api: KubernetesApi, namespace: string, name: string): Promise<Buffer | undefined> {
  return keyOf(await api.get<Secret>({ group: '', version: 'v1', plural: 'secrets', namespace }, name));
}

function keyOf(secret: Secret | undefined): Buffer | undefined {
  const encoded = secret?.data?.[FIELD];
  // An empty key would let anybody compute the HMAC.
  return encoded === undefined || encoded === '' ? undefined : Buffer.from(encoded, 'base64');
}
