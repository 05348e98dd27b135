import { LABELS, OPERATOR } from '../api/group.js';
import type { LogSink } from '../api/log-sink.js';
import type { RegistryMirror } from '../api/registry-mirror.js';
import { pause } from '../clock/pause.js';
import { entryText, policyEntry } from '../engines/entry.js';
import type { MirrorEntry } from '../engines/entry.js';
import { rewriter } from '../image/rewrite.js';
import type { Rewriter } from '../image/rewrite.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { Informer } from '../kubernetes/cache/informer.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import { namespacedName } from '../kubernetes/objects.js';
import type { Resource } from '../kubernetes/objects.js';
import { WorkQueue } from '../kubernetes/queue/work-queue.js';
import { slimPod } from './pod.js';
import type { RewrittenPod } from './pod.js';
import { fallbackPatch, stuckContainers } from './stuck.js';
import type { StuckContainer } from './stuck.js';

const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
/** The pause after each Pod: where all Pods of a cluster are stuck, neither the API server nor the upstream is to get all of them at once. */
const PACE_MS = 200;

interface FallbackOptions {
  readonly api: KubernetesApi;
  readonly mirrors: () => readonly RegistryMirror[];
  /** A container has got its original image back. */
  readonly onFallback: (pod: string, container: StuckContainer) => Promise<void>;
  /** Whether Pods may be read and changed isn't what it was. */
  readonly onAccess: () => void;
  readonly log: LogSink;
  readonly paceMs?: number;
}

/** What is watched for the mirrors as they are. */
interface Watch {
  readonly pods: Informer<RewrittenPod>;
  readonly queue: WorkQueue;
}

/**
 * Gives Pods that can't pull from the cache their original images back, where a mirror has `fallback: Upstream`. Pods are watched only as long as there is
 * such a mirror, since that takes rights of its own. A container falls back once: where somebody rewrites it again, that stays.
 */
export class Fallback {
  readonly #options: FallbackOptions;
  /** Of Pods that are there: the containers, with the Pod's uid, that have fallen back. */
  readonly #done = new Map<string, Set<string>>();
  readonly #ended = new AbortController();
  #watch: Watch | undefined;
  #stopping: Promise<void> = Promise.resolve();
  #entries: readonly MirrorEntry[] = [];
  #rewrite: Rewriter = rewriter([]);
  #isForbidden = false;

  constructor(options: FallbackOptions) {
    this.#options = options;
  }

  /** Whether mirrors ask for it, and the operator lacks the rights. */
  get isForbidden(): boolean {
    return this.#isForbidden && this.#watch !== undefined;
  }

  /** Takes in what mirrors there are now. */
  look(): void {
    if (this.#ended.signal.aborted) return;
    const entries = this.#options.mirrors().flatMap(entryOf);
    const isSame = entries.map(entryText).join('\n') === this.#entries.map(entryText).join('\n');
    if (isSame) return;
    this.#entries = entries;
    this.#rewrite = rewriter(entries);
    if (entries.length === 0) {
      this.#unwatch();
      return;
    }
    this.#watch ??= this.#start();
    for (const pod of this.#watch.pods.list()) this.#consider(pod);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    this.#unwatch();
    await this.#stopping;
  }

  #start(): Watch {
    const { api, log } = this.#options;
    const queue = new WorkQueue({
      workers: 1,
      handle: async (key) => {
        await this.#fallBack(key);
        return undefined;
      },
      onError: (pod, error) => {
        log.warn('A Pod could not get its original images back; trying again.', { pod, error });
      },
    });
    const pods = new Informer<RewrittenPod>(api, PODS, {
      labelSelector: `${LABELS.mirrored}=true`,
      keyOf: namespacedName,
      take: slimPod,
      onError: (error) => {
        log.warn('Watching Pods for rewrite.fallback failed; trying again.', { error });
        if (isKubernetesError(error, 'forbidden')) this.#access(false);
      },
      onList: () => {
        this.#access(true);
      },
    });
    pods.onChange(({ type, object }) => {
      if (type === 'DELETED') this.#done.delete(namespacedName(object));
      else this.#consider(object);
    });
    pods.start();
    queue.start();
    return { pods, queue };
  }

  #unwatch(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    this.#isForbidden = false;
    this.#done.clear();
    if (watch === undefined) return;
    const before = this.#stopping;
    this.#stopping = (async () => {
      await before;
      await watch.queue.drain();
      await watch.pods.stop();
    })();
  }

  #access(isAllowed: boolean): void {
    if (this.#isForbidden === !isAllowed) return;
    this.#isForbidden = !isAllowed;
    this.#options.onAccess();
  }

  #consider(pod: RewrittenPod): void {
    if (this.#stuck(pod).length > 0) this.#watch?.queue.add(namespacedName(pod));
  }

  #stuck(pod: RewrittenPod): readonly StuckContainer[] {
    const done = this.#done.get(namespacedName(pod));
    const stuck = stuckContainers(pod, this.#rewrite);
    return done === undefined ? stuck : stuck.filter(({ name }) => !done.has(placeOf(pod, name)));
  }

  async #fallBack(key: string): Promise<void> {
    const { api, onFallback, paceMs = PACE_MS } = this.#options;
    const pods = this.#watch?.pods;
    const pod = pods?.get(key);
    if (pods === undefined || pod === undefined) return;
    const stuck = this.#stuck(pod);
    if (stuck.length === 0) return;
    const { name, namespace = '' } = pod.metadata;
    try {
      const options = { fieldManager: OPERATOR };
      const patched: RewrittenPod = await api.patch(
        { ...PODS, namespace },
        name,
        'json',
        fallbackPatch(pod, stuck),
        options,
      );
      pods.observe(patched);
    } catch (error) {
      // It went, or has changed since: its next event says how it stands then.
      if (isKubernetesError(error, 'notFound', 'invalid', 'conflict')) return;
      throw error;
    }
    this.#done.set(key, new Set([...(this.#done.get(key) ?? []), ...stuck.map((each) => placeOf(pod, each.name))]));
    for (const container of stuck) await onFallback(key, container);
    await pause(paceMs, this.#ended.signal);
  }
}

/** Whether Pods that the mirror has rewritten are to get their original images back where they can't pull. */
export function mayFallBack({ spec: { rewrite } }: RegistryMirror): boolean {
  return rewrite.fallback === 'Upstream';
}

/** A mirror's entry, where Pods that it has rewritten may fall back. */
function entryOf(mirror: RegistryMirror): readonly MirrorEntry[] {
  const { pullPrefix } = mirror.status;
  return mayFallBack(mirror) && pullPrefix !== undefined ? [policyEntry(mirror, pullPrefix)] : [];
}

function placeOf({ metadata }: RewrittenPod, container: string): string {
  return `${metadata.uid ?? ''} ${container}`;
}
