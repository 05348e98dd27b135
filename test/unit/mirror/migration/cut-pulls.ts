import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import type { Secret } from '../../../../src/credentials/secrets.js';
import type { Robot } from '../../../harbor/state.js';
import { isPullSecret, mirrorOf, readPullSecret } from '../../../../src/pull-secrets/pull-secret.js';
import { PullSecrets } from '../../../../src/pull-secrets/pull-secrets.js';
import { namespacedName } from '../../../../src/kubernetes/objects.js';
import { CutLab, NAME } from './cut-lab.js';
import type { PullsFor } from './cut-lab.js';

const OWN_NAMESPACE = 'system';

/** Such a lab whose mirror gives its Pods pull Secrets, in one namespace. */
export class PullLab {
  readonly lab: CutLab;
  readonly #secrets = new Map<string, Secret>();

  private constructor(lab: CutLab, deletionPolicy: string) {
    this.lab = lab;
    lab.more = { deletionPolicy, adoptionPolicy: 'Use', rewrite: { pullSecret: 'Inject' } };
    lab.pulls = this.#pulls;
    lab.isSettled = () => this.#own().length > 0;
  }

  static async start(deletionPolicy: string): Promise<PullLab> {
    return new PullLab(await CutLab.start(), deletionPolicy);
  }

  /** By hand: the Secrets that say which robot accounts there are. */
  deleteSecrets(): void {
    this.#secrets.clear();
  }

  /** From now on the mirror only uses what it made in the first Harbor: its mark is gone. */
  async takeOver(): Promise<void> {
    const { first } = this.lab;
    for (const endpoint of first.endpoints()) first.state.endpoints.put({ ...endpoint, description: 'by hand' });
    await this.lab.work();
  }

  /** The projects that robot accounts for pulling are in, by Harbor, and whether a Secret tells of each. */
  robots(): readonly string[] {
    const { first, second } = this.lab;
    const told = new Set([...this.#secrets.values()].map((secret) => readPullSecret(secret)?.record.robotId));
    const inHarbor = (where: string, robots: readonly Robot[]): readonly string[] =>
      robots
        .filter(({ level }) => level === 'project')
        .map(({ id, name }) => `${where} ${name.split('+')[0] ?? ''}${told.has(id) ? '' : ', untold'}`);
    return [...inHarbor('first', first.robots()), ...inHarbor('second', second.robots())];
  }

  readonly #pulls: PullsFor = (harbors, policies, write) =>
    new PullSecrets({
      cluster: {
        namespace: OWN_NAMESPACE,
        access: 'ready',
        watch: () => Promise.resolve('ready'),
        unwatch: () => Promise.resolve(),
        mirrors: () => [this.lab.mirror].filter((mirror): mirror is RegistryMirror => mirror !== undefined),
        hasPullSecrets: this.#own().some(isPullSecret),
        pullSecretsOf: (mirror) => this.#own().filter((secret) => mirrorOf(secret) === mirror),
        copiesOf: (mirror) => this.#copies().filter((copy) => mirrorOf(copy) === mirror),
        namespaces: () => [{ metadata: { name: 'team' } }],
        isTaken: () => Promise.resolve(false),
        keep: async (secret) => write('keep', () => this.#secrets.set(namespacedName(secret), secret)),
        drop: async (secret) => write('drop', () => this.#secrets.delete(namespacedName(secret))),
        carryOut: async ({ kind, copy }) =>
          write(kind, () => {
            if (kind === 'DeleteCopy') this.#secrets.delete(namespacedName(copy));
            else this.#secrets.set(namespacedName(copy), copy);
          }),
      },
      harbors,
      policies: {
        injectedPrefixes: () => new Set([policies.pullPrefix(NAME)].filter((prefix) => prefix !== undefined)),
        state: (mirror) => policies.state(mirror),
        has: (mirror) => policies.has(mirror),
      },
      clusterId: 'lab',
      excludedNamespaces: [OWN_NAMESPACE],
      retireAfterMs: 0,
      knowsPolicies: () => true,
      now: () => Date.now(),
      monotonic: () => performance.now(),
      onWrite: () => undefined,
      onWarning: () => undefined,
    });

  #own(): readonly Secret[] {
    return [...this.#secrets.values()].filter(({ metadata }) => metadata.namespace === OWN_NAMESPACE);
  }

  #copies(): readonly Secret[] {
    return [...this.#secrets.values()].filter(({ metadata }) => metadata.namespace !== OWN_NAMESPACE);
  }
}
