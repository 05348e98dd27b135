import { Table } from './table.js';

export interface Endpoint {
  readonly id: number;
  name: string;
  description: string;
  readonly type: string;
  url: string;
  insecure: boolean;
  caCertificate: string;
  credentialType: string;
  accessKey: string;
  /** In the clear, for assertions; the API shows a mask. */
  accessSecret: string;
  status: 'healthy' | 'unhealthy';
  readonly createdAt: string;
  updatedAt: string;
}

export interface Project {
  readonly id: number;
  readonly name: string;
  readonly ownerId: number;
  readonly ownerName: string;
  /** Set for a proxy project; may name an endpoint that is gone. */
  readonly registryId: number | undefined;
  metadata: Record<string, string>;
  allowlist: readonly unknown[];
  readonly createdAt: string;
  updatedAt: string;
}

export interface Quota {
  readonly id: number;
  readonly projectId: number;
  hard: number;
  readonly createdAt: string;
  updatedAt: string;
}

export interface Retention {
  readonly id: number;
  readonly projectId: number;
  algorithm: string;
  rules: readonly unknown[];
  triggerKind: string;
  cron: string;
}

export interface Access {
  readonly resource: string;
  readonly action: string;
}

export interface Permission {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly Access[];
}

export interface Robot {
  readonly id: number;
  /** As stored: `name`, or `project+name`. The user name is this with Harbor's prefix for robots in front. */
  readonly name: string;
  readonly level: 'system' | 'project';
  /** 0 for a system robot. */
  readonly projectId: number;
  description: string;
  disable: boolean;
  duration: number;
  expiresAt: number;
  secret: string;
  permissions: readonly Permission[];
  readonly creatorRef: number;
  readonly creatorType: 'local' | 'robot';
  readonly createdAt: string;
  updatedAt: string;
}

export interface Tag {
  readonly id: number;
  readonly name: string;
  readonly pushedAt: string;
}

export interface Artifact {
  readonly id: number;
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly manifest: Buffer;
  tags: readonly Tag[];
  readonly pushedAt: string;
  /** The digests of the blobs and child manifests that it names. */
  readonly parts: readonly string[];
}

export interface Repository {
  readonly id: number;
  readonly projectId: number;
  /** With the project's name in front. */
  readonly name: string;
  artifacts: readonly Artifact[];
  pullCount: number;
  readonly createdAt: string;
  updatedAt: string;
}

export interface User {
  readonly id: number;
  readonly name: string;
  readonly password: string;
  readonly admin: boolean;
}

export interface ImmutableRule {
  readonly id: number;
  readonly projectId: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ReplicationPolicy {
  readonly id: number;
  readonly name: string;
  readonly registryId: number;
}

/** Everything that Harbor keeps in its database and its storage. */
export class State {
  readonly endpoints = new Table<Endpoint>();
  readonly projects = new Table<Project>();
  readonly quotas = new Table<Quota>();
  readonly retentions = new Table<Retention>();
  readonly robots = new Table<Robot>();
  readonly repositories = new Table<Repository>();
  readonly users = new Table<User>();
  readonly immutableRules = new Table<ImmutableRule>();
  readonly replicationPolicies = new Table<ReplicationPolicy>();
  readonly blobs = new Map<string, { readonly data: Buffer; readonly projectIds: Set<number> }>();
  #lastArtifact = 0;

  nextArtifactId(): number {
    this.#lastArtifact += 1;
    return this.#lastArtifact;
  }

  projectNamed(name: string): Project | undefined {
    return this.projects.find((project) => project.name === name);
  }

  repositoriesOf(projectId: number): Repository[] {
    return this.repositories.filter((repository) => repository.projectId === projectId);
  }

  /** Bytes of the manifests and blobs that a project's artifacts name, each counted once. */
  usedBy(projectId: number): number {
    const manifests = new Map<string, number>();
    const blobs = new Set<string>();
    for (const repository of this.repositoriesOf(projectId)) {
      for (const artifact of repository.artifacts) {
        manifests.set(artifact.digest, artifact.manifest.length);
        for (const part of artifact.parts) blobs.add(part);
      }
    }
    let used = 0;
    for (const size of manifests.values()) used += size;
    for (const digest of blobs) used += this.blobs.get(digest)?.data.length ?? 0;
    return used;
  }
}

/** Now, as Harbor writes times. */
export const now = (): string => new Date().toISOString();
