import { CacheWriter } from './cache.js';
import { defaults } from './options.js';
import type { HarborOptions, Settings } from './options.js';
import { State, now } from './state.js';
import { Upstreams } from './upstreams.js';
import { has, releaseOf } from './versions.js';
import type { Feature } from './versions.js';

/** The parts of a Harbor installation that can be broken; true: down. */
export interface Broken {
  database: boolean;
  jobservice: boolean;
  redis: boolean;
  /** Harbor's own storage registry, not an upstream. */
  registry: boolean;
  registryctl: boolean;
  portal: boolean;
  tokenService: boolean;
}

/** What an administrator sets for the whole Harbor, by PUT /configurations. */
export interface Configuration {
  projectCreation: 'everyone' | 'adminonly';
  isReadOnly: boolean;
  /** What stands in front of every robot's name when it logs in; a change renames all of them. */
  robotNamePrefix: string;
}

/** One Harbor: its settings, its data, what is broken in it, and the upstream registries it reaches. */
export class Harbor {
  readonly settings: Settings;
  readonly state = new State();
  readonly upstreams: Upstreams;
  readonly cache = new CacheWriter(this);
  readonly broken: Broken = {
    database: false,
    jobservice: false,
    redis: false,
    registry: false,
    registryctl: false,
    portal: false,
    tokenService: false,
  };
  readonly configuration: Configuration = {
    projectCreation: 'everyone',
    isReadOnly: false,
    robotNamePrefix: 'robot$',
  };
  /** Known once the server listens. */
  url = '';
  #seen: Broken = { ...this.broken };
  #lookedAt = performance.now();

  constructor(options: HarborOptions) {
    const version = releaseOf(options.version ?? defaults.version);
    this.settings = { ...defaults, externalUrl: undefined, ...options, version };
    this.upstreams = new Upstreams(this.settings.unmappedHealthy);
    for (const [host, upstream] of Object.entries(options.upstreams ?? {})) this.upstreams.mapHost(host, upstream);
    const { state } = this;
    state.users.put({ id: state.users.nextId(), name: 'admin', password: this.settings.adminPassword, admin: true });
    const time = now();
    const library = state.projects.nextId();
    state.projects.put({
      id: library,
      name: 'library',
      ownerId: 1,
      ownerName: 'admin',
      registryId: undefined,
      metadata: { public: 'true' },
      allowlist: [],
      createdAt: time,
      updatedAt: time,
    });
    state.quotas.put({
      id: state.quotas.nextId(),
      projectId: library,
      hard: -1,
      createdAt: time,
      updatedAt: time,
    });
  }

  /** What is broken as far as `/health` knows: it looks every few seconds only. */
  seenBroken(): Broken {
    if (performance.now() - this.#lookedAt >= this.settings.healthLagMs) this.refreshHealth();
    return this.#seen;
  }

  /** Makes `/health` look now. */
  refreshHealth(): void {
    this.#lookedAt = performance.now();
    this.#seen = { ...this.broken };
  }

  /** Whether this Harbor's version has what came with a later one than the oldest. */
  has(feature: Feature): boolean {
    return has(this.settings.version, feature);
  }
}
