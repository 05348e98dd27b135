import type { Answer } from './answer.js';
import { notFound, ok, precondition } from './answer.js';
import type { Call } from './call.js';
import { paramOf } from './call.js';
import type { Columns } from './list.js';
import { listed, matching, parseQuery } from './list.js';
import { requireProject } from './permissions.js';
import type { Artifact, Project, Repository } from './state.js';
import { now } from './state.js';
import { isObject } from './body.js';

const columns: Columns<Repository> = {
  name: (row) => row.name,
  repository_id: (row) => row.id,
  creation_time: (row) => row.createdAt,
  update_time: (row) => row.updatedAt,
};

function shown(repository: Repository): Record<string, unknown> {
  return {
    artifact_count: repository.artifacts.length,
    creation_time: repository.createdAt,
    id: repository.id,
    name: repository.name,
    project_id: repository.projectId,
    pull_count: repository.pullCount,
    update_time: repository.updatedAt,
  };
}

// Here digits are a name, not an id, unless the header says otherwise.
const projectOf = (call: Call, resource: string, action: string): Project =>
  requireProject(call, paramOf(call, 'project_name'), resource, action, 'name');

/** The repository's name within its project: slashes come encoded once or twice. */
function nameOf(call: Call, project: Project): string {
  return `${project.name}/${decodeURIComponent(paramOf(call, 'repository_name'))}`;
}

function found(call: Call, project: Project): Repository {
  const name = nameOf(call, project);
  const repository = call.harbor.state.repositories.find((row) => row.projectId === project.id && row.name === name);
  if (repository === undefined) throw notFound(`repository ${name} not found`);
  return repository;
}

export function list(call: Call): Answer {
  const project = projectOf(call, 'repository', 'list');
  const rows = matching(call.harbor.state.repositoriesOf(project.id), parseQuery(call.query.get('q')), columns);
  return listed(call, rows, columns, shown);
}

export function get(call: Call): Answer {
  return ok(shown(found(call, projectOf(call, 'repository', 'read'))));
}

/** The first tag that an immutable rule of the project covers: patterns of `*` within a name. */
function immutableTag(call: Call, project: Project, artifacts: readonly Artifact[]): string | undefined {
  const patterns = call.harbor.state.immutableRules
    .filter((rule) => rule.projectId === project.id && rule.body.disabled !== true)
    .flatMap((rule) => (Array.isArray(rule.body.tag_selectors) ? (rule.body.tag_selectors as unknown[]) : []))
    .flatMap((selector) => (isObject(selector) && typeof selector.pattern === 'string' ? [selector.pattern] : []))
    .map((pattern) => new RegExp(`^${pattern.replaceAll(/[^\w*-]/g, '\\$&').replaceAll(/\*+/g, '.*')}$`));
  return artifacts.flatMap(({ tags }) => tags).find(({ name }) => patterns.some((pattern) => pattern.test(name)))?.name;
}

function requireMutable(call: Call, project: Project, artifacts: readonly Artifact[]): void {
  const tag = immutableTag(call, project, artifacts);
  if (tag !== undefined) throw precondition(`the tag ${tag} configured as immutable, cannot be deleted`);
}

export function remove(call: Call): Answer {
  const project = projectOf(call, 'repository', 'delete');
  const repository = found(call, project);
  requireMutable(call, project, repository.artifacts);
  call.harbor.state.repositories.delete(repository.id);
  return ok();
}

function shownArtifact(repository: Repository, artifact: Artifact): Record<string, unknown> {
  return {
    digest: artifact.digest,
    id: artifact.id,
    labels: null,
    manifest_media_type: artifact.mediaType,
    project_id: repository.projectId,
    pull_time: '0001-01-01T00:00:00.000Z',
    push_time: artifact.pushedAt,
    repository_id: repository.id,
    repository_name: repository.name,
    size: artifact.size,
    tags: artifact.tags.map((tag) => ({
      artifact_id: artifact.id,
      id: tag.id,
      immutable: false,
      name: tag.name,
      pull_time: '0001-01-01T00:00:00.000Z',
      push_time: tag.pushedAt,
      repository_id: repository.id,
    })),
    type: 'IMAGE',
  };
}

export function listArtifacts(call: Call): Answer {
  const project = projectOf(call, 'artifact', 'list');
  const name = nameOf(call, project);
  const repository = call.harbor.state.repositories.find((row) => row.projectId === project.id && row.name === name);
  const columnsOfArtifacts: Columns<Artifact> = { digest: (row) => row.digest };
  return listed(call, [...(repository?.artifacts ?? [])], columnsOfArtifacts, (artifact) =>
    repository === undefined ? undefined : shownArtifact(repository, artifact),
  );
}

/** A repository whose last artifact goes stays, with none. */
export function removeArtifact(call: Call): Answer {
  const project = projectOf(call, 'artifact', 'delete');
  const repository = found(call, project);
  const reference = paramOf(call, 'reference');
  const artifact = repository.artifacts.find(
    ({ digest, tags }) => digest === reference || tags.some(({ name }) => name === reference),
  );
  if (artifact === undefined) throw notFound(`artifact ${repository.name}:${reference} not found`);
  requireMutable(call, project, [artifact]);
  repository.artifacts = repository.artifacts.filter((one) => one !== artifact);
  repository.updatedAt = now();
  return ok();
}
