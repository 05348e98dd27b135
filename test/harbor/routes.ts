import type { Answer } from './answer.js';
import { Refusal, notFound } from './answer.js';
import type { Call } from './call.js';
import * as immutableRules from './immutable-rules.js';
import * as metadata from './project-metadata.js';
import * as projects from './projects.js';
import * as quotas from './quotas.js';
import * as registries from './registries.js';
import * as replication from './replication.js';
import * as repositories from './repositories.js';
import * as retentions from './retentions.js';
import * as robots from './robots.js';
import * as system from './system.js';

export type Handler = (call: Call) => Answer | Promise<Answer>;

const project = '/projects/{project_name_or_id}';
const repository = '/projects/{project_name}/repositories/{repository_name}';

const table: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/ping': { GET: system.ping },
  '/health': { GET: system.health },
  '/systeminfo': { GET: system.systemInfo },
  '/systeminfo/volumes': { GET: system.volumes },
  '/users': { POST: system.createUser },
  '/users/current': { GET: system.currentUser },
  '/permissions': { GET: system.permissions },
  '/configurations': { GET: system.configurations, PUT: system.configure },
  '/registries': { GET: registries.list, POST: registries.create },
  '/registries/ping': { POST: registries.pingOne },
  '/registries/{id}': { GET: registries.get, PUT: registries.update, DELETE: registries.remove },
  '/registries/{id}/info': { GET: registries.info },
  '/replication/adapters': { GET: replication.adapters },
  '/replication/policies': { POST: replication.createPolicy },
  '/replication/policies/{id}': { DELETE: replication.removePolicy },
  '/projects': { GET: projects.list, HEAD: projects.head, POST: projects.create },
  [project]: { GET: projects.get, PUT: projects.update, DELETE: projects.remove },
  [`${project}/summary`]: { GET: projects.summary },
  [`${project}/_deletable`]: { GET: projects.deletable },
  [`${project}/metadatas`]: { GET: metadata.list, POST: metadata.add },
  [`${project}/metadatas/{meta_name}`]: { GET: metadata.get, PUT: metadata.update, DELETE: metadata.remove },
  [`${project}/immutabletagrules`]: { GET: immutableRules.list, POST: immutableRules.create },
  [`${project}/immutabletagrules/{immutable_rule_id}`]: { DELETE: immutableRules.remove },
  '/projects/{project_name}/repositories': { GET: repositories.list },
  [repository]: { GET: repositories.get, DELETE: repositories.remove },
  [`${repository}/artifacts`]: { GET: repositories.listArtifacts },
  [`${repository}/artifacts/{reference}`]: { DELETE: repositories.removeArtifact },
  '/quotas': { GET: quotas.list },
  '/quotas/{id}': { GET: quotas.get, PUT: quotas.update },
  '/retentions': { POST: retentions.create },
  '/retentions/{id}': { GET: retentions.get, PUT: retentions.update, DELETE: retentions.remove },
  '/robots': { GET: robots.list, POST: robots.create },
  '/robots/{robot_id}': { GET: robots.get, PUT: robots.update, PATCH: robots.refreshSecret, DELETE: robots.remove },
};

interface Route {
  /** As Harbor's API description writes it: `/projects/{project_name_or_id}`. */
  readonly name: string;
  readonly segments: readonly string[];
  readonly methods: Readonly<Record<string, Handler>>;
}

const split = (path: string): readonly string[] => path.split('/').filter((segment) => segment !== '');

const routes: readonly Route[] = Object.entries(table).map(([name, methods]) => ({
  name,
  segments: split(name),
  methods,
}));

export interface Match {
  readonly route: string;
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string>>;
}

const isParameter = (segment: string): boolean => segment.startsWith('{');

function fits(route: Route, segments: readonly string[]): boolean {
  return (
    route.segments.length === segments.length &&
    route.segments.every((segment, index) => isParameter(segment) || segment === segments[index])
  );
}

/**
 * The handler of a path below /api/v2.0.
 *
 * @throws Refusal 404 for an unknown path, 405 for an unknown method of a known one.
 */
export function match(method: string, path: string): Match {
  const segments = split(path);
  const route = routes.find((candidate) => fits(candidate, segments));
  if (route === undefined) throw notFound(`path /api/v2.0${path} was not found`);
  const handler = route.methods[method];
  if (handler === undefined) {
    const known = Object.keys(route.methods).join(',');
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', `method ${method} is not allowed, but [${known}] are`);
  }
  const params: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    if (isParameter(segment)) params[segment.slice(1, -1)] = decodeURIComponent(segments[index] ?? '');
  }
  return { route: route.name, handler, params };
}

/** The name of a path's route, whatever the method; the path itself when it has none. */
export function routeName(path: string): string {
  const segments = split(path);
  return routes.find((candidate) => fits(candidate, segments))?.name ?? path;
}
