import type { Answer } from './answer.js';
import { badRequest, conflict, created, internal, notFound, ok } from './answer.js';
import type { Fields, Shape } from './body.js';
import { isObject, readBody } from './body.js';
import type { Call } from './call.js';
import { idOf } from './call.js';
import type { Harbor } from './harbor.js';
import { requireLogin, requireProject } from './permissions.js';
import type { Project, Retention } from './state.js';

const shape: Shape = {
  struct: 'RetentionPolicy',
  fields: {
    id: 'int64',
    algorithm: 'string',
    rules: 'array',
    scope: { struct: 'RetentionPolicyScope', fields: { level: 'string', ref: 'int64' } },
    trigger: { struct: 'RetentionRuleTrigger', fields: { kind: 'string', settings: 'any', references: 'any' } },
  },
};

const everyMidnight = '0 0 0 * * *';

/** The policy that Harbor makes by itself for a proxy project: keep what was pulled within 7 days, clean up daily. */
export function makeAutomaticPolicy(harbor: Harbor, project: Project): void {
  const id = harbor.state.retentions.nextId();
  harbor.state.retentions.put({
    id,
    projectId: project.id,
    algorithm: 'or',
    rules: [
      {
        action: 'retain',
        id: 1,
        params: { nDaysSinceLastPull: 7 },
        priority: 1,
        scope_selectors: { repository: [{ decoration: 'repoMatches', kind: 'doublestar', pattern: '**' }] },
        tag_selectors: [{ decoration: 'matches', kind: 'doublestar', pattern: '**' }],
        template: 'nDaysSinceLastPull',
      },
    ],
    triggerKind: 'Schedule',
    cron: everyMidnight,
  });
  project.metadata = { ...project.metadata, retention_id: String(id) };
}

function nextMidnight(): string {
  const date = new Date();
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)).toISOString();
}

function shown(policy: Retention): Record<string, unknown> {
  const isScheduled = policy.cron !== '';
  return {
    algorithm: policy.algorithm,
    id: policy.id,
    rules: policy.rules,
    scope: { level: 'project', ref: policy.projectId },
    trigger: {
      kind: policy.triggerKind,
      settings: { cron: policy.cron, ...(isScheduled ? { next_scheduled_time: nextMidnight() } : {}) },
    },
  };
}

/** Rules as they come back: `disabled: false` and empty `params` are left out. */
const keptRules = (rules: readonly unknown[]): readonly unknown[] =>
  rules.filter(isObject).map((rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => !isEmpty(value))));

const isEmpty = (value: unknown): boolean => value === false || (isObject(value) && Object.keys(value).length === 0);

function checkPolicy(fields: Fields, cron: string): void {
  const rules = fields.list('rules') ?? [];
  if (rules.length > 15) throw badRequest('bad request: only 15 rules are allowed at most');
  const parts = cron.split(/\s+/).filter((part) => part !== '');
  if (cron !== '' && parts.length !== 6) {
    throw badRequest(
      `invalid cron string for scheduled tag retention: ${cron}, error: expected exactly 6 fields, found ${parts.length}: [${cron}]`,
    );
  }
  const seen = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    const text = JSON.stringify(rule);
    const earlier = seen.get(text);
    if (earlier !== undefined) throw conflict(`resource conflict: rule ${index} is conflict with rule ${earlier}`);
    seen.set(text, index);
  }
}

const cronOf = (fields: Fields): string => fields.object('trigger')?.object('settings')?.text('cron') ?? '';

const projectOf = (call: Call, policy: Retention, action: string): Project =>
  requireProject(call, String(policy.projectId), 'tag-retention', action);

function found(call: Call, action: string): Retention {
  requireLogin(call);
  const policy = call.harbor.state.retentions.get(idOf(call, 'id'));
  // An unknown policy has no project to check the caller's rights on.
  if (policy === undefined) throw internal();
  projectOf(call, policy, action);
  return policy;
}

export function get(call: Call): Answer {
  return ok(shown(found(call, 'read')));
}

export function create(call: Call): Answer {
  const { harbor } = call;
  requireLogin(call);
  const fields = readBody(call, 'policy', shape);
  const ref = fields.object('scope')?.number('ref') ?? 0;
  if (harbor.state.projects.get(ref) === undefined) throw badRequest(`bad request: invalid Project id ${ref}`);
  const project = requireProject(call, String(ref), 'tag-retention', 'create');
  const cron = cronOf(fields);
  checkPolicy(fields, cron);
  const existing = project.metadata.retention_id;
  if (existing !== undefined) throw badRequest(`bad request: project ${ref} already has retention policy ${existing}`);
  if (cron !== '' && (harbor.broken.jobservice || harbor.broken.redis)) throw internal();
  const id = harbor.state.retentions.nextId();
  harbor.state.retentions.put({ id, projectId: ref, ...written(fields, cron) });
  project.metadata = { ...project.metadata, retention_id: String(id) };
  return created(`/api/v2.0/retentions/${id}`);
}

const written = (fields: Fields, cron: string): Pick<Retention, 'algorithm' | 'rules' | 'triggerKind' | 'cron'> => ({
  algorithm: fields.text('algorithm') ?? '',
  rules: keptRules(fields.list('rules') ?? []),
  triggerKind: fields.object('trigger')?.text('kind') ?? '',
  cron,
});

export function update(call: Call): Answer {
  const { harbor } = call;
  const id = idOf(call, 'id');
  const fields = readBody(call, 'policy', shape);
  const ref = fields.object('scope')?.number('ref') ?? 0;
  const project = requireProject(call, String(ref), 'tag-retention', 'update');
  const cron = cronOf(fields);
  const policy = harbor.state.retentions.get(id);
  if (policy?.projectId !== project.id) {
    throw notFound(`resource not found: the retention policy id ${id} does not match`);
  }
  checkPolicy(fields, cron);
  if (cron !== policy.cron && (harbor.broken.jobservice || harbor.broken.redis)) throw internal();
  harbor.state.retentions.put({ ...policy, ...written(fields, cron) });
  return ok();
}

export function remove(call: Call): Answer {
  const policy = found(call, 'delete');
  const { state } = call.harbor;
  state.retentions.delete(policy.id);
  const project = state.projects.get(policy.projectId);
  if (project !== undefined) {
    project.metadata = Object.fromEntries(Object.entries(project.metadata).filter(([key]) => key !== 'retention_id'));
  }
  return ok();
}
