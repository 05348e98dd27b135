import { withDefaults } from '../../../src/api/spec/defaults.js';
import { findCondition } from '../../../src/api/conditions.js';
import { API_VERSION, KIND } from '../../../src/api/group.js';
import type { RegistryMirror, RegistryMirrorStatus } from '../../../src/api/registry-mirror.js';
import type { HarborSession } from '../../../src/harbor/session/harbor-session.js';
import { Harbors } from '../../../src/harbor/session/harbors.js';
import { HostIndex } from '../../../src/mirror/claims/host-index.js';
import type { MirrorCluster } from '../../../src/mirror/mirror-cluster.js';
import { namedProjects } from '../../../src/mirror/named-projects.js';
import { describeAction } from '../../../src/mirror/plan/actions.js';
import type { WorkResult } from '../../../src/kubernetes/queue/work-result.js';
import { MirrorReconciler } from '../../../src/mirror/reconcile.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborOptions, HarborStandIn } from '../../harbor/index.js';
import { NO_SECRETS } from '../../support/no-secrets.js';
import { eventually } from '../../support/wait.js';
import { QUIET_HARBORS } from '../harbor/session/quiet-harbors.js';
import { LabPolicies } from './lab-policies.js';
import { NO_PROBES } from './no-probes.js';
import { NO_PULL_SECRETS } from './no-pull-secrets.js';

export const PULL_HOST = 'harbor.cache.test';
export const RETIRE_AFTER_MS = 600_000;
const START = Date.parse('2026-01-01T00:00:00Z');

/** The reconciler on a Harbor stand-in, with objects in memory and policies that come into force when the test says so. */
export class Lab implements MirrorCluster {
  readonly harbor: HarborStandIn;
  readonly policies = new LabPolicies();
  readonly events: string[] = [];
  readonly done: string[] = [];
  statusWrites = 0;
  /** What runs among the Pods that are rewritten, in words. */
  exposed: (harborUrl: string | undefined) => string | undefined = () => undefined;
  /** What happens while a mirror's pull Secrets are seen to. */
  whileSettling: () => Promise<void> = () => Promise.resolve();
  /** What happens while a mirror gets its finalizer. */
  whileHeld: () => void = () => undefined;
  readonly #mirrors = new Map<string, RegistryMirror>();
  readonly #hosts = new HostIndex();
  readonly #harbors: Harbors;
  #reconciler: MirrorReconciler;
  #passed = 0;

  private constructor(harbor: HarborStandIn) {
    this.harbor = harbor;
    const { username, password } = harbor.addRobot('operator');
    this.#harbors = new Harbors({
      ...QUIET_HARBORS,
      own: {
        url: harbor.url,
        pullHost: PULL_HOST,
        login: { kind: 'given', username, password },
        caSecret: undefined,
        insecureSkipTLSVerify: false,
      },
      secrets: { secret: NO_SECRETS, ownSecret: NO_SECRETS },
      mirrors: () => this.mirrors(),
      checkEveryMs: 50,
      thresholds: { failures: 1, successes: 1 },
      requestTimeoutMs: 2000,
      onBug: unexpected,
      now: () => performance.now() + this.#passed,
    });
    this.#reconciler = this.#started();
  }

  static async start(options: HarborOptions = {}): Promise<Lab> {
    return new Lab(await startHarbor({ unmappedHealthy: true, ...options }));
  }

  async stop(): Promise<void> {
    await this.#harbors.stop();
    await this.harbor.stop();
  }

  /** Another process takes over, and knows what the statuses say. */
  restart(): void {
    this.#reconciler = this.#started();
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.#passed += ms;
  }

  apply(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): void {
    const before = this.#mirrors.get(name);
    const generation = (before?.metadata.generation ?? 0) + 1;
    const metadata = { name, uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z', ...before?.metadata };
    const mirror = withDefaults({ metadata: { ...metadata, generation, annotations }, spec });
    const status = before?.status ?? { observedGeneration: -1 };
    this.#put({ ...mirror, apiVersion: API_VERSION, kind: KIND, status });
  }

  delete(name: string): void {
    const mirror = this.#get(name);
    this.#put({ ...mirror, metadata: { ...mirror.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } });
  }

  /** One look, with all that it takes until Harbor has answered the operator's first questions. */
  async look(name: string): Promise<void> {
    const mirror = this.mirror(name);
    const session = mirror === undefined ? undefined : this.#harbors.sessionFor(mirror);
    if (session?.ok === true) await session.value.checkedOnce;
    await this.lookAtOnce(name);
  }

  /** The session with the mirror's Harbor. */
  session(name: string): HarborSession {
    const session = this.#harbors.sessionFor(this.#get(name));
    if (!session.ok) throw new Error(JSON.stringify(session.problem));
    return session.value;
  }

  /** One look, whether Harbor has answered yet or not. */
  async lookAtOnce(name: string): Promise<WorkResult | undefined> {
    return await this.#reconciler.reconcile(name);
  }

  /** What is done for a mirror when its Harbor has gone down, before anybody looks at it. */
  withdrawIfDown(name: string): void {
    this.#reconciler.withdrawIfDown(this.#get(name));
  }

  /** Looks until the mirror's Harbor counts as this. */
  async untilHarbor(name: string, kind: 'up' | 'down'): Promise<void> {
    await eventually(() => {
      if (this.session(name).facts.availability.kind !== kind) throw new Error(`Harbor is not ${kind}.`);
    });
  }

  /** Looks, and lets the policies come into force, until the mirror is Ready. */
  async untilReady(name: string): Promise<void> {
    await eventually(async () => {
      await this.look(name);
      this.policies.takeEffect();
      await this.look(name);
      if (!this.says(name, 'Ready').startsWith('True')) throw new Error(this.says(name, 'Ready'));
    });
  }

  /** Status and reason of a condition. */
  says(name: string, type: string): string {
    const condition = findCondition(this.#get(name).status.conditions, type as 'Ready');
    return condition === undefined ? 'absent' : `${condition.status} ${condition.reason}`;
  }

  /** The sentence of a condition. */
  tells(name: string, type: string): string {
    return findCondition(this.#get(name).status.conditions, type as 'Ready')?.message ?? '';
  }

  mirror(name: string): RegistryMirror | undefined {
    return this.#mirrors.get(name);
  }

  mirrors(): readonly RegistryMirror[] {
    return [...this.#mirrors.values()];
  }

  mirrorsNaming(project: string): readonly RegistryMirror[] {
    return this.mirrors().filter((mirror) => namedProjects(mirror).includes(project));
  }

  readonly secret = NO_SECRETS;

  setFinalizers(
    mirror: RegistryMirror,
    finalizers: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<RegistryMirror> {
    const annotations = { ...mirror.metadata.annotations, ...more };
    const written = { ...mirror, metadata: { ...mirror.metadata, finalizers, annotations } };
    if (mirror.metadata.deletionTimestamp !== undefined && finalizers.length === 0) {
      this.#mirrors.delete(mirror.metadata.name);
      this.#hosts.delete(mirror.metadata.name);
    } else {
      this.#put(written);
      this.whileHeld();
    }
    return Promise.resolve(written);
  }

  writeStatus(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void> {
    this.statusWrites += 1;
    this.#put({ ...this.#get(mirror.metadata.name), status });
    return Promise.resolve();
  }

  announce(_mirror: RegistryMirror, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    this.events.push(`${type} ${reason}: ${message}`);
    return Promise.resolve();
  }

  hmacKey(): Promise<Buffer> {
    return Promise.resolve(Buffer.alloc(32, 1));
  }

  #started(): MirrorReconciler {
    return new MirrorReconciler({
      cluster: this,
      harbors: this.#harbors,
      hosts: this.#hosts,
      policies: this.policies,
      pullSecrets: {
        ...NO_PULL_SECRETS,
        settle: async (...look) => {
          await this.whileSettling();
          return await NO_PULL_SECRETS.settle(...look);
        },
      },
      probes: NO_PROBES,
      clusterId: 'lab',
      minIntervalMs: 1000,
      retireAfterMs: RETIRE_AFTER_MS,
      upstreamInertia: { outAfterMs: 30_000, backAfterMs: 30_000 },
      // The wall clock goes back while time goes by: no duration may come of it.
      now: () => START - this.#passed,
      monotonic: () => this.#passed,
      random: () => 0.5,
      exposed: (_mirror, harborUrl) => Promise.resolve(this.exposed(harborUrl)),
      fallbackProblem: () => undefined,
      onAction: (_mirror, action) => this.done.push(describeAction(action)),
      onBug: unexpected,
    });
  }

  #put(mirror: RegistryMirror): void {
    this.#mirrors.set(mirror.metadata.name, mirror);
    this.#hosts.set(mirror);
  }

  #get(name: string): RegistryMirror {
    const mirror = this.#mirrors.get(name);
    if (mirror === undefined) throw new Error(`There is no mirror ${name}.`);
    return mirror;
  }
}

function unexpected(_where: string, error: unknown): void {
  throw error;
}
