import type { RegistryMirror } from '../api/registry-mirror.js';
import type { PullHost } from '../harbor/session/facts.js';
import type { SessionChange } from '../harbor/session/news.js';
import type { WorkQueue } from '../kubernetes/queue/work-queue.js';
import type { HostIndex } from '../mirror/claims/host-index.js';
import { Coalesced } from './coalesced.js';
import { Indices } from './indices.js';
import { losersOfConflicts, mayFreeHost, SecretUsers, wakeOfMirror, wakesOfHarbor, wakesOfSecret } from './mapping.js';
import type { Wake } from './mapping.js';
import type { OperatorCluster } from './watches/cluster.js';

/** How long a mirror that lost its host waits at most until it is looked at again because others changed: to find those takes a look at all. */
const LOSERS_WAIT_MS = 200;

interface WakingOptions {
  readonly cluster: Pick<OperatorCluster, 'mirrors' | 'mirror' | 'mirrorInformer' | 'secretInformer'>;
  /** Kept up to date here. */
  readonly hosts: HostIndex;
  /** The names of the Secrets that the operator itself works with. */
  readonly ownSecrets: ReadonlySet<string>;
  readonly queue: Pick<WorkQueue, 'add'>;
}

/** Has those mirrors looked at that a change of a mirror, of a Secret or of a Harbor concerns. Which ones these are is said in mapping.ts. */
export class Waking {
  readonly #options: WakingOptions;
  readonly #secretUsers = new SecretUsers();
  readonly #indices: Indices;
  readonly #losersMayWin: Coalesced;

  constructor(options: WakingOptions) {
    this.#options = options;
    const { cluster, hosts, ownSecrets, queue } = options;
    this.#indices = new Indices([hosts, this.#secretUsers]);
    this.#losersMayWin = new Coalesced(() => {
      for (const mirror of this.#losers()) queue.add(mirror);
    }, LOSERS_WAIT_MS);
    cluster.mirrorInformer.onChange((event) => {
      this.#indices.take(event);
      const own = wakeOfMirror(event);
      this.#wake([own]);
      if (mayFreeHost(own)) this.#losersMayWin.due();
    });
    cluster.secretInformer.onChange(({ object }) => {
      this.#wake(wakesOfSecret(object.metadata.name, ownSecrets, this.#secretUsers));
    });
  }

  /** Takes in the mirrors that are there already. Whom a change concerns is known only once this has resolved. */
  async fill(): Promise<void> {
    await this.#indices.fill(this.#options.cluster);
  }

  /**
   * A session with a Harbor has news.
   *
   * @param pullHost - where nodes pull from that Harbor
   * @param users - the mirrors that use the session
   */
  harborChanged(change: SessionChange, pullHost: PullHost, users: readonly RegistryMirror[]): void {
    const { hosts } = this.#options;
    const others = { naming: (host: string) => hosts.naming(host), losers: () => this.#losers() };
    this.#wake(wakesOfHarbor(change, pullHost, users, others));
  }

  /** Those that would be looked at in a moment are not any more. */
  stop(): void {
    this.#losersMayWin.stop();
  }

  #losers(): readonly string[] {
    return losersOfConflicts(this.#options.cluster.mirrors());
  }

  #wake(wakes: readonly Wake[]): void {
    for (const { mirror, priority } of wakes) this.#options.queue.add(mirror, priority);
  }
}
