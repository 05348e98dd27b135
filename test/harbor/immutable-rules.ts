import type { Answer } from './answer.js';
import { conflict, created, notFound, ok } from './answer.js';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { idOf, paramOf } from './call.js';
import { listed } from './list.js';
import { requireProject } from './permissions.js';
import type { ImmutableRule, Project } from './state.js';

const projectOf = (call: Call, action: string): Project =>
  requireProject(call, paramOf(call, 'project_name_or_id'), 'immutable-tag', action);

const rulesOf = (call: Call, project: Project): ImmutableRule[] =>
  call.harbor.state.immutableRules.filter((rule) => rule.projectId === project.id);

export function list(call: Call): Answer {
  return listed(call, rulesOf(call, projectOf(call, 'list')), {}, (rule) => ({
    ...Object.fromEntries(Object.entries(rule.body).filter(([, value]) => value !== false)),
    id: rule.id,
  }));
}

export function create(call: Call): Answer {
  const project = projectOf(call, 'create');
  const body = readBody(call, 'immutableRule', { struct: 'ImmutableRule', fields: {} }).all();
  const text = JSON.stringify(body);
  if (rulesOf(call, project).some((rule) => JSON.stringify(rule.body) === text)) {
    throw conflict('immutable rule already exists');
  }
  const { immutableRules } = call.harbor.state;
  const rule = immutableRules.put({ id: immutableRules.nextId(), projectId: project.id, body });
  return created(`/api/v2.0/projects/${project.id}/immutabletagrules/${rule.id}`);
}

export function remove(call: Call): Answer {
  const project = projectOf(call, 'delete');
  const id = idOf(call, 'immutable_rule_id');
  if (!rulesOf(call, project).some((rule) => rule.id === id)) throw notFound(`immutable rule ${id} not found`);
  call.harbor.state.immutableRules.delete(id);
  return ok();
}
