import { API_VERSION, KIND } from '../../../../src/api/group.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import { withDefaults } from '../../../../src/api/spec/defaults.js';
import type { Secret, SecretLookup } from '../../../../src/credentials/secrets.js';
import { Harbors } from '../../../../src/harbor/session/harbors.js';
import { HostIndex } from '../../../../src/mirror/claims/host-index.js';
import type { MirrorCluster } from '../../../../src/mirror/mirror-cluster.js';
import { MirrorReconciler } from '../../../../src/mirror/reconcile.js';
import { startHarbor } from '../../../harbor/index.js';
import type { HarborStandIn } from '../../../harbor/index.js';
import { NO_SECRETS } from '../../../support/no-secrets.js';
import { eventually } from '../../../support/wait.js';
import { QUIET_HARBORS } from '../../harbor/session/quiet-harbors.js';
import { LabPolicies } from '../lab-policies.js';
import { NO_PROBES } from '../no-probes.js';
import { NO_PULL_SECRETS } from '../no-pull-secrets.js';

export const NAME = 'app';

/** How the operators of a lab see to pull Secrets. */
export type PullsFor = (
  harbors: Harbors,
  policies: LabPolicies,
  /** What a write waits for, before and after: for ever, once the operator has ended. */
  write: (what: string, change: () => void) => Promise<void>,
) => typeof NO_PULL_SECRETS;

/** What a user wants of the mirror: where it is, and what its project is called. */
export interface Wish {
  readonly at: 'first' | 'second';
  readonly project?: string;
}

/** One mirror, two Harbors, and operators that end right after any write of theirs: what each knew is gone, what it wrote is there. */
export class CutLab {
  readonly first: HarborStandIn;
  readonly second: HarborStandIn;
  readonly #secrets: SecretLookup;
  #mirror: RegistryMirror | undefined;
  #operator: Operator | undefined;
  /** How many writes the operator has yet to make until it ends; Infinity: it lives on. */
  #left = Infinity;
  #versions = 0;
  readonly writes: string[] = [];
  /** Of every mirror's spec, besides. */
  more: object = { deletionPolicy: 'Delete', rewrite: { engine: 'None' } };
  pulls: PullsFor = () => NO_PULL_SECRETS;
  /** Whether what the status doesn't say is done, too. */
  isSettled: () => boolean = () => true;

  private constructor(first: HarborStandIn, second: HarborStandIn) {
    this.first = first;
    this.second = second;
    const { username, password } = second.addRobot('operator');
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const secret: Secret = {
      metadata: {
        name: 'second',
        labels: { 'registrymirror.io/credentials': 'harbor' },
        annotations: { 'registrymirror.io/allowed-hosts': second.url },
      },
      data: { username: base64(username), password: base64(password) },
    };
    this.#secrets = { namespace: 'system', find: (name) => (name === 'second' ? secret : undefined) };
    for (const harbor of [first, second]) {
      harbor.afterWrite(({ method, route }) => {
        this.#written(`${method} ${route} in the ${harbor === first ? 'first' : 'second'}`);
      });
    }
  }

  static async start(): Promise<CutLab> {
    const [first, second] = [
      await startHarbor({ unmappedHealthy: true }),
      await startHarbor({ unmappedHealthy: true }),
    ];
    return new CutLab(first, second);
  }

  async stop(): Promise<void> {
    await this.#operator?.end();
    await Promise.all([this.first.stop(), this.second.stop()]);
  }

  get mirror(): RegistryMirror | undefined {
    return this.#mirror;
  }

  /** What the user applies. */
  apply({ at, project }: Wish): void {
    const before = this.#mirror;
    const harbor = { url: this.second.url, pullHost: 'second.test', credentialsSecretRef: { name: 'second' } };
    const spec = {
      upstream: { type: 'docker-registry', url: 'https://registry.example.org' },
      ...this.more,
      ...(at === 'second' && { harbor }),
      ...(project !== undefined && { project: { name: project } }),
    };
    const metadata = { name: NAME, uid: 'uid', creationTimestamp: '2026-01-01T00:00:00Z', ...before?.metadata };
    const generation = (before?.metadata.generation ?? 0) + 1;
    const whole = withDefaults({ metadata: { ...metadata, generation }, spec });
    const status = before?.status ?? { observedGeneration: -1 };
    this.#mirror = { ...whole, apiVersion: API_VERSION, kind: KIND, status };
  }

  delete(): void {
    const { metadata, ...rest } = this.#present();
    if ((metadata.finalizers ?? []).length === 0) this.#mirror = undefined;
    else this.#mirror = { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } };
  }

  /** A new operator, who looks until there is nothing more to do, or until it ends after so many writes. @returns whether it ended */
  async work(cutAfter = Infinity): Promise<boolean> {
    await this.#operator?.end();
    const operator = this.#open();
    this.#operator = operator;
    this.#left = cutAfter;
    await eventually(
      async () => {
        await Promise.race([operator.look(), operator.ended]);
        if (!operator.hasEnded && !this.#isDone()) throw new Error(JSON.stringify(this.#mirror?.status));
      },
      { intervalMs: 5, timeoutMs: 15_000 },
    );
    return operator.hasEnded;
  }

  #isDone(): boolean {
    if (this.#mirror === undefined) return true;
    const { metadata, status } = this.#mirror;
    const isReady = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
    const isOld = status.observedGeneration !== metadata.generation;
    return (
      metadata.deletionTimestamp === undefined &&
      isReady &&
      !isOld &&
      status.formerHarbors === undefined &&
      this.isSettled()
    );
  }

  #present(): RegistryMirror {
    if (this.#mirror === undefined) throw new Error('There is no mirror.');
    return this.#mirror;
  }

  #open(): Operator {
    const login = this.first.addRobot(`operator-${String((this.#versions += 1))}`);
    return new Operator({
      url: this.first.url,
      login,
      secrets: this.#secrets,
      mirror: () => this.#mirror,
      pulls: this.pulls,
      written: (what) => {
        this.#written(`${what} in the cluster`);
      },
      write: (what, mirror) => {
        this.#mirror = mirror;
        this.#written(`${what} in the cluster`);
      },
    });
  }

  #written(what: string): void {
    if (this.#operator?.hasEnded !== false) return;
    this.writes.push(what);
    this.#left -= 1;
    if (this.#left === 0) this.#operator.kill();
  }
}

interface OperatorOptions {
  readonly url: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly secrets: SecretLookup;
  readonly mirror: () => RegistryMirror | undefined;
  readonly pulls: PullsFor;
  readonly written: (what: string) => void;
  readonly write: (what: string, mirror: RegistryMirror | undefined) => void;
}

/** One life of the operator. */
class Operator {
  readonly ended: Promise<undefined>;
  hasEnded = false;
  readonly #end: (value: undefined) => void;
  readonly #harbors: Harbors;
  readonly #reconciler: MirrorReconciler;
  readonly #policies = new LabPolicies();

  constructor(options: OperatorOptions) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    this.#end = resolve;
    const { url, login, secrets, mirror } = options;
    const mirrors = (): readonly RegistryMirror[] => [mirror()].filter((one) => one !== undefined);
    const onBug = (_where: string, error: unknown): void => {
      if (!this.hasEnded) throw error;
    };
    this.#harbors = new Harbors({
      ...QUIET_HARBORS,
      own: {
        url,
        pullHost: 'first.test',
        login: { kind: 'given', ...login },
        caSecret: undefined,
        insecureSkipTLSVerify: false,
      },
      secrets: { secret: secrets, ownSecret: NO_SECRETS },
      mirrors,
      checkEveryMs: 20,
      thresholds: { failures: 1, successes: 1 },
      requestTimeoutMs: 2000,
      mayWrite: () => {
        if (this.hasEnded) throw new Error('The operator has ended.');
      },
      onBug,
      now: () => performance.now(),
    });
    this.#reconciler = new MirrorReconciler({
      cluster: this.#cluster(options),
      harbors: this.#harbors,
      hosts: new HostIndex(),
      policies: this.#policies,
      pullSecrets: options.pulls(this.#harbors, this.#policies, async (what, change) =>
        this.#write(() => {
          change();
          options.written(what);
        }),
      ),
      probes: NO_PROBES,
      clusterId: 'lab',
      minIntervalMs: 1000,
      retireAfterMs: 0,
      now: () => 0,
      monotonic: () => performance.now(),
      random: () => 0.5,
      exposed: () => Promise.resolve(undefined),
      upstreamInertia: { outAfterMs: 30_000, backAfterMs: 30_000 },
      fallbackProblem: () => undefined,
      onAction: () => undefined,
      onBug,
    });
  }

  async look(): Promise<void> {
    await this.#reconciler.reconcile(NAME);
    this.#policies.takeEffect();
  }

  /** kill -9: nothing is written from now on, and nothing is heard of what was. */
  kill(): void {
    this.hasEnded = true;
    this.#end(undefined);
  }

  async end(): Promise<void> {
    this.kill();
    await this.#harbors.stop();
  }

  async #write(change: () => void): Promise<void> {
    if (this.hasEnded) await new Promise<never>(() => undefined);
    change();
    if (this.hasEnded) await new Promise<never>(() => undefined);
  }

  #cluster({ secrets, mirror, write }: OperatorOptions): MirrorCluster {
    const put = async (what: string, changed: RegistryMirror | undefined): Promise<void> => {
      await this.#write(() => {
        write(what, changed);
      });
    };
    return {
      mirror: () => mirror(),
      mirrorsNaming: () => [mirror()].filter((one) => one !== undefined),
      secret: secrets,
      setFinalizers: async (_, finalizers, more = {}) => {
        const before = mirror();
        if (before === undefined) throw new Error('There is no mirror.');
        const { deletionTimestamp } = before.metadata;
        const annotations = { ...before.metadata.annotations, ...more };
        const written = { ...before, metadata: { ...before.metadata, finalizers, annotations } };
        const isGone = deletionTimestamp !== undefined && finalizers.length === 0;
        await put('finalizers', isGone ? undefined : written);
        return written;
      },
      writeStatus: async (_, status: RegistryMirrorStatus) => {
        const before = mirror();
        if (before !== undefined) await put('status', { ...before, status });
      },
      announce: async () => put('an Event', mirror()),
      hmacKey: () => Promise.resolve(Buffer.alloc(32, 1)),
    };
  }
}
