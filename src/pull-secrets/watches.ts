import { LABELS } from '../api/group.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { within } from '../clock/pause.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isKubernetesError, KubernetesError } from '../kubernetes/errors.js';
import { Informer } from '../kubernetes/cache/informer.js';
import type { InformerEvent } from '../kubernetes/cache/informer.js';
import { namespacedName } from '../kubernetes/objects.js';
import type { KubernetesObject, Resource } from '../kubernetes/objects.js';
import type { LogSink } from '../api/log-sink.js';
import { canonicalJson } from '../engines/syntax/digest.js';
import type { PullAccess, PullCluster } from './cluster.js';
import type { CopyAction } from './copies.js';
import { overwrite } from './overwrite.js';
import { isMirrorsOwn, isPullSecret, mirrorOf, mirrorsOf, PULL_LABEL } from './pull-secret.js';
import { usesPullSecrets } from './usage.js';
import type { Secret } from '../credentials/secrets.js';

const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces' };
const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets' };
/** How long a look waits for the first lists. */
const FIRST_LIST_MS = 3000;

interface PullWatchesOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** The Secrets of the operator's namespace that are labelled for it, indexed by `mirrorsOf`. */
  readonly secrets: Informer<Secret>;
  readonly mirrors: () => readonly RegistryMirror[];
  readonly log: LogSink;
  /** Something changed that concerns this mirror's copies. */
  readonly onChange: (mirror: string) => void;
}

interface WatchedCollection {
  /** In the plural. */
  readonly what: string;
  readonly informer: Pick<Informer<KubernetesObject>, 'trouble' | 'silentMs'>;
}

interface Watches {
  readonly namespaces: Informer<KubernetesObject>;
  readonly copies: Informer<Secret>;
  /** The resources that the operator may not read. */
  readonly forbidden: Set<string>;
  refused: PromiseWithResolvers<undefined>;
}

/** Namespaces and the pull Secrets in them; watched only as long as some mirror needs it, since that takes rights of its own. */
export class PullWatches implements PullCluster {
  readonly #options: PullWatchesOptions;
  #watches: Watches | undefined;

  constructor(options: PullWatchesOptions) {
    this.#options = options;
    options.secrets.onChange(({ object, previous }) => {
      const mirror = mirrorOf(object) ?? (previous === undefined ? undefined : mirrorOf(previous));
      if (mirror !== undefined) options.onChange(mirror);
    });
  }

  get namespace(): string {
    return this.#options.namespace;
  }

  mirrors(): readonly RegistryMirror[] {
    return this.#options.mirrors();
  }

  get hasPullSecrets(): boolean {
    return this.#options.secrets.list().some(isPullSecret);
  }

  pullSecretsOf(mirror: string): readonly Secret[] {
    return this.#options.secrets.having(mirror);
  }

  get access(): PullAccess | 'unwatched' {
    return this.#watches === undefined ? 'unwatched' : accessOf(this.#watches);
  }

  async watch(): Promise<PullAccess> {
    const watches = (this.#watches ??= this.#start());
    const { namespaces, copies, refused } = watches;
    if (accessOf(watches) === 'starting') {
      const synced = Promise.all([namespaces.synced(), copies.synced()]);
      await within(FIRST_LIST_MS, Promise.race([synced, refused.promise]));
    }
    // What another look ended meanwhile shows no namespaces any more, and is no proof that there are none.
    return watches === this.#watches ? accessOf(watches) : 'starting';
  }

  async unwatch(): Promise<void> {
    const watches = this.#watches;
    this.#watches = undefined;
    await Promise.all([watches?.namespaces.stop(), watches?.copies.stop()]);
  }

  /** What is watched now. What the operator may not read is left out: the mirrors that need it say so, and nothing else suffers. */
  collections(): readonly WatchedCollection[] {
    if (this.#watches === undefined) return [];
    const { namespaces, copies, forbidden } = this.#watches;
    const all = [
      { plural: NAMESPACES.plural, what: 'namespaces', informer: namespaces },
      { plural: SECRETS.plural, what: 'pull Secrets', informer: copies },
    ];
    return all.filter(({ plural }) => !forbidden.has(plural));
  }

  namespaces(): readonly KubernetesObject[] {
    return this.#watches?.namespaces.list() ?? [];
  }

  copiesOf(mirror: string): readonly Secret[] {
    const copies = this.#watches?.copies.having(mirror) ?? [];
    return copies.filter((copy) => copy.metadata.namespace !== this.namespace);
  }

  async isTaken(name: string, mirror: string): Promise<boolean> {
    const there = await this.#there(name);
    return there !== undefined && !isMirrorsOwn(there, mirror);
  }

  async keep(secret: Secret): Promise<void> {
    const { api, secrets } = this.#options;
    const { name } = secret.metadata;
    const resource = { ...SECRETS, namespace: this.namespace };
    try {
      if (secrets.get(name) === undefined) {
        secrets.observe(await api.create<Secret>(resource, secret));
        return;
      }
    } catch (error) {
      if (!isKubernetesError(error, 'alreadyExists')) throw error;
    }
    // One of the mirror's own isn't seen where somebody has taken its label away.
    const there = await this.#there(name);
    if (there === undefined) {
      throw new KubernetesError('conflict', `The Secret ${this.namespace}/${name} was deleted a moment ago.`);
    }
    if (!isMirrorsOwn(there, mirrorOf(secret) ?? '')) {
      const message = `The Secret ${this.namespace}/${name} isn't one of this operator's pull Secrets.`;
      throw new KubernetesError('alreadyExists', message);
    }
    secrets.observe(await overwrite(api, resource, { from: there, to: secret }));
  }

  async drop(secret: Secret): Promise<void> {
    await this.#options.api.delete({ ...SECRETS, namespace: this.namespace }, secret);
    this.#options.secrets.forget(secret);
  }

  async carryOut(action: CopyAction): Promise<void> {
    const { copy } = action;
    const resource = { ...SECRETS, namespace: copy.metadata.namespace ?? '' };
    switch (action.kind) {
      case 'CreateCopy':
        await this.#create(copy, resource);
        return;
      case 'UpdateCopy': {
        const written = await overwrite(this.#options.api, resource, { from: action.from, to: copy });
        this.#watches?.copies.observe(written);
        return;
      }
      case 'DeleteCopy':
        await this.#delete(copy, resource);
        return;
    }
  }

  /** The Secret of the operator's namespace that has this name, whatever it is for. */
  async #there(name: string): Promise<Secret | undefined> {
    const { api, secrets } = this.#options;
    return secrets.get(name) ?? (await api.get<Secret>({ ...SECRETS, namespace: this.namespace }, name));
  }

  async #create(copy: Secret, resource: Resource): Promise<void> {
    try {
      const written = await this.#options.api.create<Secret>(resource, copy);
      this.#watches?.copies.observe(written);
    } catch (error) {
      // The namespace went.
      if (!isKubernetesError(error, 'notFound')) throw error;
    }
  }

  async #delete(copy: Secret, resource: Resource): Promise<void> {
    await this.#options.api.delete(resource, copy);
    this.#watches?.copies.forget(copy);
  }

  #start(): Watches {
    const { api, log, onChange } = this.#options;
    const forbidden = new Set<string>();
    const refused = Promise.withResolvers<undefined>();
    const all = (): void => {
      for (const mirror of this.mirrors()) if (usesPullSecrets(mirror)) onChange(mirror.metadata.name);
    };
    const handlers = (plural: string): { onError: (error: unknown) => void; onList: () => void } => ({
      onError: (error) => {
        log.warn(`Watching ${plural} for pull Secrets failed; trying again.`, { error });
        if (!isKubernetesError(error, 'forbidden')) return;
        forbidden.add(plural);
        refused.resolve(undefined);
      },
      onList: () => {
        if (forbidden.delete(plural)) all();
      },
    });
    const labelSelector = `${LABELS.credentials}=${PULL_LABEL}`;
    const namespaces = new Informer<KubernetesObject>(api, NAMESPACES, handlers('namespaces'));
    const copies = new Informer<Secret>(api, SECRETS, {
      ...handlers('secrets'),
      labelSelector,
      keyOf: namespacedName,
      indexedBy: mirrorsOf,
    });
    namespaces.onChange((event) => {
      if (concernsCopies(event)) all();
    });
    copies.onChange(({ object }) => {
      const mirror = object.metadata.namespace === this.namespace ? undefined : mirrorOf(object);
      if (mirror !== undefined) onChange(mirror);
    });
    namespaces.start();
    copies.start();
    return { namespaces, copies, forbidden, refused };
  }
}

function accessOf({ namespaces, copies, forbidden }: Watches): PullAccess {
  if (forbidden.size > 0) return 'forbidden';
  return namespaces.hasSynced && copies.hasSynced ? 'ready' : 'starting';
}

function concernsCopies({ type, object, previous }: InformerEvent<KubernetesObject>): boolean {
  return (
    type !== 'MODIFIED' ||
    object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp ||
    canonicalJson(object.metadata.labels ?? {}) !== canonicalJson(previous?.metadata.labels ?? {})
  );
}
