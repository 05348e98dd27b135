import { FINALIZER } from '../../api/group.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { MirrorCluster } from '../mirror-cluster.js';
import { beganIn, beganInAnnotation } from './began-in.js';
import type { Unreported } from './unreported.js';

interface BeginningOptions {
  readonly cluster: Pick<MirrorCluster, 'mirror' | 'setFinalizers' | 'writeStatus'>;
  readonly harbors: Pick<Harbors, 'urlFor'>;
  readonly clusterId: string;
}

/** Writes down in the cluster where a mirror has something in Harbor, before it has: an operator that is killed in between leaves nothing behind. */
export class Beginning {
  readonly #options: BeginningOptions;
  readonly #unreported: Unreported;

  constructor(options: BeginningOptions, unreported: Unreported) {
    this.#options = options;
    this.#unreported = unreported;
  }

  /**
   * Gives the mirror its finalizer, and with it the annotation that says where it begins.
   *
   * @param mirror - as it is known
   * @param stored - as the API server has it
   */
  async hold(mirror: RegistryMirror, stored: RegistryMirror): Promise<RegistryMirror> {
    const finalizers = mirror.metadata.finalizers ?? [];
    if (finalizers.includes(FINALIZER)) return mirror;
    const { cluster, harbors } = this.#options;
    const url = harbors.urlFor(mirror);
    // Where it began stays so, although somebody took the finalizer away. What is no url is no Harbor.
    const isBeginning = stored.status.harbor === undefined && beganIn(stored) === undefined && URL.canParse(url);
    const annotations = isBeginning ? beganInAnnotation(mirror, url) : undefined;
    const held = await cluster.setFinalizers(mirror, [...finalizers, FINALIZER], annotations);
    if (isBeginning) this.#unreported.begin(held);
    return this.#unreported.told(held);
  }

  /** The mirror as the API server has it, as far as is known; undefined where it is gone, or being deleted: nothing is begun for such a one. */
  present({ metadata: { name, uid } }: RegistryMirror): RegistryMirror | undefined {
    const stored = this.#options.cluster.mirror(name);
    return stored?.metadata.uid === uid && stored?.metadata.deletionTimestamp === undefined ? stored : undefined;
  }

  /**
   * Goes before all that a look writes in the Harbor of this url.
   *
   * @param project - one that is about to be made there, and that only its name will tell to be the mirror's
   * @returns whether the mirror is still there, so that something may be written
   */
  async enter(mirror: RegistryMirror, url: string, project?: string): Promise<boolean> {
    const { cluster, clusterId } = this.#options;
    const stored = this.present(mirror);
    if (stored === undefined) return false;
    const status = this.#unreported.enter(stored, url, clusterId, project);
    if (status === undefined) return true;
    await cluster.writeStatus(stored, status);
    return this.present(mirror) !== undefined;
  }
}
