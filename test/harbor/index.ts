import type { CallFilter, RecordedCall } from './calls.js';
import { isRead, isWrite } from './calls.js';
import type { CallMatcher, Fault, InjectedFault } from './faults.js';
import type { Broken, Configuration } from './harbor.js';
import { Harbor } from './harbor.js';
import type { HarborOptions, Latency } from './options.js';
import { EndpointChecks } from './endpoint-checks.js';
import { adminUser } from './options.js';
import { fullPermissions } from './permission-sets.js';
import { isGrantable } from './permissions.js';
import { refreshStatus } from './registries.js';
import { insertRobot, loginName } from './robots.js';
import type { ArrivalHook, WriteHook } from './server.js';
import { HarborServer } from './server.js';
import type { Endpoint, Permission, Project, Quota, Repository, Retention, Robot, State } from './state.js';
import type { UpstreamSettings, UpstreamState } from './upstreams.js';
import type { Feature } from './versions.js';

export type { CallFilter, RecordedCall } from './calls.js';
export type { CallMatcher, Fault, InjectedFault } from './faults.js';
export type { Broken, Configuration } from './harbor.js';
export type { HarborOptions, Latency } from './options.js';
export { fullPermissions, smallestPermissions } from './permission-sets.js';
export type { Endpoint, Permission, Project, Quota, Repository, Retention, Robot } from './state.js';
export type { UpstreamSettings, UpstreamState } from './upstreams.js';
export { harborVersions, versionFromEnvironment } from './versions.js';
export type { HarborVersion } from './versions.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A Harbor that behaves as a real 2.15 was recorded, with its insides open to tests. */
export class HarborStandIn {
  readonly admin: Login;
  readonly #harbor: Harbor;
  readonly #server: HarborServer;
  readonly #checks: EndpointChecks;

  constructor(harbor: Harbor, server: HarborServer) {
    this.#harbor = harbor;
    this.#server = server;
    this.#checks = new EndpointChecks(harbor);
    this.admin = { username: adminUser, password: harbor.settings.adminPassword };
  }

  /** `http://127.0.0.1:port`, the API below /api/v2.0. */
  get url(): string {
    return this.#harbor.url;
  }

  /** Everything that Harbor keeps; for what the views below don't show, and for changes behind the API's back. */
  get state(): State {
    return this.#harbor.state;
  }

  /** Whether this version has what came with a later one than the oldest. */
  has(feature: Feature): boolean {
    return this.#harbor.has(feature);
  }

  /** What is down inside of Harbor; set a part to true to break it. */
  get broken(): Broken {
    return this.#harbor.broken;
  }

  /** What an administrator has set for all of Harbor; changes take effect at once. */
  get configuration(): Configuration {
    return this.#harbor.configuration;
  }

  get calls(): readonly RecordedCall[] {
    return this.#server.calls.all();
  }

  endpoints(): readonly Endpoint[] {
    return this.state.endpoints.all();
  }

  endpoint(name: string): Endpoint | undefined {
    return this.state.endpoints.find((endpoint) => endpoint.name === name);
  }

  projects(): readonly Project[] {
    return this.state.projects.all();
  }

  project(name: string): Project | undefined {
    return this.state.projectNamed(name);
  }

  quotaOf(projectName: string): Quota | undefined {
    const project = this.project(projectName);
    return this.state.quotas.find((quota) => quota.projectId === project?.id);
  }

  retentionOf(projectName: string): Retention | undefined {
    const project = this.project(projectName);
    return this.state.retentions.find((policy) => policy.projectId === project?.id);
  }

  robots(): readonly Robot[] {
    return this.state.robots.all();
  }

  /** The repositories that a project's cache holds, by name within the project. */
  cached(projectName: string): readonly Repository[] {
    const project = this.project(projectName);
    return project === undefined ? [] : this.state.repositoriesOf(project.id);
  }

  /** Puts so many empty repositories into a project's cache, as pulls would. */
  fillCache(projectName: string, count: number): void {
    const project = this.project(projectName);
    if (project === undefined) throw new Error(`There is no project ${projectName}.`);
    const createdAt = new Date().toISOString();
    for (let i = 0; i < count; i += 1) {
      const id = this.state.repositories.nextId();
      const name = `${projectName}/team/image-${i}`;
      const times = { createdAt, updatedAt: createdAt };
      this.state.repositories.put({ id, projectId: project.id, name, artifacts: [], pullCount: 0, ...times });
    }
  }

  /** Makes a system robot without a call, with those of the permissions that this version knows, and gives its login. */
  addRobot(name: string, asked: readonly Permission[] = fullPermissions): Login {
    const permissions = asked.map(({ access, ...where }) => ({
      ...where,
      access: access.filter((one) => isGrantable(this.#harbor, where.kind === 'system' ? 'system' : 'project', one)),
    }));
    const robot = insertRobot(this.#harbor, { name, level: 'system', projectId: 0, permissions });
    return { username: loginName(this.#harbor, robot), password: robot.secret };
  }

  count(filter: CallFilter = {}): number {
    return this.#server.calls.count(filter);
  }

  /** Calls to the API that change something. */
  writes(): readonly RecordedCall[] {
    return this.calls.filter(isWrite);
  }

  /** Calls to the API that read something, other than /ping, /health and /systeminfo. */
  reads(): readonly RecordedCall[] {
    return this.calls.filter(isRead);
  }

  resetCounts(): void {
    this.#server.calls.reset();
  }

  /** Lets a fault strike the next calls that match, as often as said; `Infinity` until it's removed. */
  inject(matcher: CallMatcher, fault: Fault, times = 1): InjectedFault {
    return this.#server.faults.inject(matcher, fault, times);
  }

  clearFaults(): void {
    this.#server.faults.clear();
  }

  /**
   * Has something done after each write was carried out and before it's answered.
   *
   * @returns what ends it.
   */
  afterWrite(hook: WriteHook): () => void {
    this.#server.writeHooks.add(hook);
    return () => this.#server.writeHooks.delete(hook);
  }

  /**
   * Has something done when a write arrives, whether or not it's carried out then.
   *
   * @returns what ends it.
   */
  onArrival(hook: ArrivalHook): () => void {
    this.#server.arrivalHooks.add(hook);
    return () => this.#server.arrivalHooks.delete(hook);
  }

  set latency(latency: Latency) {
    this.#harbor.settings.latency = latency;
  }

  mapHost(host: string, settings: UpstreamSettings = {}): void {
    this.#harbor.upstreams.mapHost(host, settings);
  }

  setUpstream(host: string, state: UpstreamState): void {
    this.#harbor.upstreams.set(host, state);
  }

  /**
   * Harbor's own health check of all endpoints, which a real one runs every 5 minutes.
   *
   * @param host - only the endpoints of this upstream: the others may hang
   */
  async refreshStatus(host?: string): Promise<void> {
    await refreshStatus(this.#harbor, host);
  }

  /** Copies into the caches whatever was pulled and waits to be copied. */
  async finishCaching(): Promise<void> {
    await this.#harbor.cache.finish();
  }

  /** Makes `/health` look at what is broken now. */
  refreshHealth(): void {
    this.#harbor.refreshHealth();
  }

  /** Refuses connections until {@link up}. */
  async down(): Promise<void> {
    await this.#server.stop();
  }

  /** Listens again, on the same port. */
  async up(): Promise<void> {
    await this.#server.start();
  }

  async stop(): Promise<void> {
    this.#checks.stop();
    this.#harbor.upstreams.stop();
    await this.#server.stop();
  }
}

/** Starts a Harbor stand-in, by default on a free port of the loopback interface. */
export async function startHarbor(options: HarborOptions = {}): Promise<HarborStandIn> {
  const harbor = new Harbor(options);
  const server = new HarborServer(harbor, {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    basePath: options.basePath ?? '',
    tls: options.tls,
  });
  await server.start();
  return new HarborStandIn(harbor, server);
}
