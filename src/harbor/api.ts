import type { PullLogin } from './http/call.js';
import type {
  CreatedRobot,
  Endpoint,
  EndpointUpdate,
  Health,
  Listing,
  NewEndpoint,
  NewProject,
  NewRetention,
  NewRobot,
  Page,
  Project,
  Quota,
  Repository,
  Retention,
  Robot,
  SystemInfo,
} from './types.js';

/** The ids of what a Harbor holds. */
export interface Present {
  readonly endpoints: ReadonlySet<number>;
  /** The endpoints whose upstreams Harbor called unhealthy at its last check. */
  readonly unhealthy: ReadonlySet<number>;
  readonly projects: ReadonlySet<number>;
}

/** What every call takes besides its own arguments. */
export interface CallOptions {
  /** Ends the call (also while it waits for its turn or for a retry) with a HarborError of kind `aborted`. */
  readonly signal?: AbortSignal;
}

/** An image of a proxy-cache project, as a node asks for it. */
export interface PullQuestion {
  readonly project: string;
  readonly path: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** host[:port] that nodes pull from. */
  readonly pullHost: string;
  /** Left out: anonymously. */
  readonly login?: PullLogin;
}

/**
 * What a node would be told.
 *
 * - `served`: it gets the image's manifest.
 * - `tokensElsewhere`: it is sent for a token to a place that is neither Harbor's url nor where it pulls from. Nobody was asked there.
 */
export type PullAnswer = { readonly kind: 'served' } | { readonly kind: 'tokensElsewhere'; readonly realm: string };

/**
 * The calls that the operator makes, and all that the reconciler knows of Harbor. Each rejects with a HarborError and nothing else.
 * What is looked up and isn't there is `undefined`; deleting what is gone is no error.
 */
export interface HarborApi {
  // system.ts
  systemInfo(options?: CallOptions): Promise<SystemInfo>;
  health(options?: CallOptions): Promise<Health>;
  /** Reads something that only valid credentials may read: the proof that Harbor, its database and the credentials work. */
  checkAccess(options?: CallOptions): Promise<void>;
  /** Gets a token as a node does before it pulls. */
  checkTokenService(options?: CallOptions): Promise<void>;
  /** The ids of all that is there: cheaper than the whole lists. */
  listPresent(options?: CallOptions): Promise<Present>;

  // pulls.ts
  /** Asks for an image's manifest as a node does before it pulls. Harbor asks the upstream for it meanwhile, and caches nothing. */
  askAsNode(question: PullQuestion, options?: CallOptions): Promise<PullAnswer>;

  // registries.ts
  listEndpoints(options?: CallOptions): Promise<Listing<Endpoint>>;
  findEndpoint(name: string, options?: CallOptions): Promise<Endpoint | undefined>;
  getEndpoint(id: number, options?: CallOptions): Promise<Endpoint | undefined>;
  createEndpoint(endpoint: NewEndpoint, options?: CallOptions): Promise<number>;
  updateEndpoint(id: number, update: EndpointUpdate, options?: CallOptions): Promise<void>;
  deleteEndpoint(id: number, options?: CallOptions): Promise<void>;
  /** Whether Harbor reaches the upstream right now; doesn't change the status that Harbor shows. */
  pingEndpoint(id: number, options?: CallOptions): Promise<boolean>;

  // projects.ts
  listProjects(options?: CallOptions): Promise<Listing<Project>>;
  listProjectsOfEndpoint(registryId: number, options?: CallOptions): Promise<readonly Project[]>;
  findProject(name: string, options?: CallOptions): Promise<Project | undefined>;
  getProject(id: number, options?: CallOptions): Promise<Project | undefined>;
  projectExists(name: string, options?: CallOptions): Promise<boolean>;
  createProject(project: NewProject, options?: CallOptions): Promise<number>;
  /** Merges these settings into the project's; the rest stays. One at a time per project: Harbor deadlocks otherwise. */
  updateProject(id: number, metadata: Readonly<Record<string, string>>, options?: CallOptions): Promise<void>;
  deleteProject(project: { readonly id: number; readonly name: string }, options?: CallOptions): Promise<void>;
  /** Why Harbor would refuse to delete the project; undefined when it wouldn't. */
  projectDeletionBlocker(id: number, options?: CallOptions): Promise<string | undefined>;

  // repositories.ts
  /** The first `limit` (at most 100) repositories: what deletion works through until none is left. */
  listRepositories(projectName: string, limit: number, options?: CallOptions): Promise<Page<Repository>>;
  deleteRepository(projectName: string, repository: string, options?: CallOptions): Promise<void>;

  // quotas.ts
  listQuotas(options?: CallOptions): Promise<Listing<Quota>>;
  findQuota(projectId: number, options?: CallOptions): Promise<Quota | undefined>;
  /** `hardBytes`: above 0, or -1 for unlimited. */
  updateQuota(id: number, hardBytes: number, options?: CallOptions): Promise<void>;

  // retentions.ts
  getRetention(id: number, options?: CallOptions): Promise<Retention>;
  createRetention(retention: NewRetention, options?: CallOptions): Promise<number>;
  updateRetention(id: number, retention: NewRetention, options?: CallOptions): Promise<void>;

  // robots.ts: an account that can't be read is left out; one that is made in its place is a conflict.
  listSystemRobots(options?: CallOptions): Promise<readonly Robot[]>;
  listProjectRobots(projectId: number, options?: CallOptions): Promise<readonly Robot[]>;
  createRobot(robot: NewRobot, options?: CallOptions): Promise<CreatedRobot>;
  deleteRobot(id: number, options?: CallOptions): Promise<void>;
}
