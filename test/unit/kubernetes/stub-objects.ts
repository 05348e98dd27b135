import type { KubernetesObject } from '../../../src/kubernetes/objects.js';

export interface StoredEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
  readonly version: number;
}

/** What is wrong with a request, as an API server says it. */
export class StatusError extends Error {
  override readonly name = 'StatusError';

  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super(`stub: ${reason}`);
  }
}

/** The collections of the stub API server, with one resourceVersion for all and the history that watches resume from. */
export class StubObjects {
  readonly #collections = new Map<string, Map<string, KubernetesObject>>();
  readonly #history = new Map<string, StoredEvent[]>();
  readonly #onEvent: (collection: string, event: StoredEvent) => void;
  #version = 100;
  #compactedUpTo = 0;
  #uids = 0;

  constructor(onEvent: (collection: string, event: StoredEvent) => void) {
    this.#onEvent = onEvent;
  }

  get version(): number {
    return this.#version;
  }

  get(collection: string, name: string): KubernetesObject {
    const object = this.#collections.get(collection)?.get(name);
    if (object === undefined) throw new StatusError(404, 'NotFound');
    return object;
  }

  list(collection: string): readonly KubernetesObject[] {
    return [...(this.#collections.get(collection)?.values() ?? [])];
  }

  create(collection: string, object: KubernetesObject): KubernetesObject {
    const { name } = object.metadata;
    if (this.#collections.get(collection)?.has(name)) throw new StatusError(409, 'AlreadyExists');
    const uid = `uid-${++this.#uids}`;
    return this.#store(collection, 'ADDED', { ...object, metadata: { ...object.metadata, uid } });
  }

  /** Refuses a resourceVersion that isn't the present one, and another uid, which is immutable. */
  replace(collection: string, name: string, object: KubernetesObject): KubernetesObject {
    const before = this.get(collection, name);
    const { resourceVersion, uid } = object.metadata;
    if (uid !== undefined && uid !== before.metadata.uid) throw new StatusError(422, 'Invalid');
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new StatusError(409, 'Conflict');
    const metadata = { ...object.metadata, name, ...(before.metadata.uid && { uid: before.metadata.uid }) };
    return this.#store(collection, 'MODIFIED', { ...object, metadata });
  }

  /** @param uid - of the object that is meant: another one that has the name is not removed */
  remove(collection: string, name: string, uid?: string): void {
    const object = this.get(collection, name);
    if (uid !== undefined && uid !== object.metadata.uid) throw new StatusError(409, 'Conflict');
    this.#collections.get(collection)?.delete(name);
    this.#record(collection, 'DELETED', object);
  }

  /** @throws StatusError 410 where the history does not go back that far */
  since(collection: string, version: number): readonly StoredEvent[] {
    if (version < this.#compactedUpTo) throw new StatusError(410, 'Expired');
    return (this.#history.get(collection) ?? []).filter((event) => event.version > version);
  }

  /** Forgets the history, as etcd does after 5 minutes. */
  compact(): void {
    this.#compactedUpTo = ++this.#version;
    this.#history.clear();
  }

  #store(collection: string, type: 'ADDED' | 'MODIFIED', object: KubernetesObject): KubernetesObject {
    const objects = this.#collections.get(collection) ?? new Map<string, KubernetesObject>();
    const stored = this.#record(collection, type, object);
    this.#collections.set(collection, objects.set(object.metadata.name, stored));
    return stored;
  }

  #record(collection: string, type: StoredEvent['type'], object: KubernetesObject): KubernetesObject {
    const version = ++this.#version;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const event = { type, object: stored, version };
    this.#history.set(collection, [...(this.#history.get(collection) ?? []), event]);
    this.#onEvent(collection, event);
    return stored;
  }
}
