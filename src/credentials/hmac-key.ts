import { randomBytes } from 'node:crypto';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import type { Resource } from '../kubernetes/objects.js';
import type { Secret } from './secrets.js';

const KEY_BYTES = 32;
const FIELD = 'hmac-key';
/** A Secret that was deleted or changed by hand is noticed so soon. */
const MAX_AGE_MS = 600_000;

/**
 * The operator's key for the HMAC that tells which credentials were written to Harbor. Kept in a Secret of its own, made when first
 * needed, and made anew where somebody took it away; the credentials are then written once more, no harm done.
 */
export class HmacKey {
  readonly #read: () => Promise<Buffer>;
  readonly #now: () => number;
  #known: { readonly key: Promise<Buffer>; readonly at: number } | undefined;

  /** @param now - milliseconds, of a clock that never goes back */
  constructor(read: () => Promise<Buffer>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** @throws KubernetesError where it was never read */
  async get(): Promise<Buffer> {
    const before = this.#known;
    if (before !== undefined && this.#now() - before.at < MAX_AGE_MS) return await before.key;
    const key = this.#read().catch((error: unknown) => {
      this.#known = before;
      if (before === undefined || !isKubernetesError(error)) throw error;
      return before.key;
    });
    this.#known = { key, at: this.#now() };
    return await key;
  }
}

/** @throws KubernetesError */
export async function readOrCreateHmacKey(api: KubernetesApi, namespace: string, name: string): Promise<Buffer> {
  const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', namespace };
  const existing = keyOf(await api.get<Secret>(secrets, name));
  if (existing !== undefined) return existing;
  const key = randomBytes(KEY_BYTES);
  const data = { [FIELD]: key.toString('base64') };
  try {
    await api.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      data,
    });
    return key;
  } catch (error) {
    if (!isKubernetesError(error, 'alreadyExists')) throw error;
    const theirs = keyOf(await api.get<Secret>(secrets, name));
    if (theirs !== undefined) return theirs;
    // Somebody emptied it.
    await api.patch(secrets, name, 'merge', { data });
    return key;
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
