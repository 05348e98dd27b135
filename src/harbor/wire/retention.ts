import { z } from 'zod';
import type { Retention } from '../types.js';
import { few, fewByName, id, optional, text } from './json.js';

/** Rules of a policy, and selectors of a rule. */
const MOST = 100;

const selector = z.object({ decoration: text, pattern: text });
const rule = z.object({
  disabled: z.boolean().nullish(),
  action: text,
  template: text,
  params: z.record(z.string(), z.unknown()).nullish(),
  tag_selectors: few(selector, MOST).nullish(),
  scope_selectors: fewByName(few(selector, MOST), MOST).nullish(),
});

export const retention = z
  .object({
    id,
    scope: z.object({ ref: id }),
    rules: few(rule, MOST).nullish(),
    trigger: z.object({ settings: z.object({ cron: text }).nullish() }).nullish(),
  })
  .transform((wire): Retention => {
    const rules = wire.rules ?? [];
    const schedule = wire.trigger?.settings?.cron ?? '';
    const [only] = rules;
    const days = rules.length === 1 && only !== undefined && schedule !== '' ? daysOf(only) : undefined;
    return {
      id: wire.id,
      projectId: wire.scope.ref,
      schedule,
      ruleCount: rules.length,
      keepsAll: schedule === '' || rules.some((each) => each.template === 'always' && coversAll(each)),
      ...optional('daysSinceLastPull', days),
    };
  });

function daysOf(only: z.infer<typeof rule>): number | undefined {
  const days = only.params?.nDaysSinceLastPull;
  const counts = only.template === 'nDaysSinceLastPull' && coversAll(only);
  return counts && typeof days === 'number' ? days : undefined;
}

/** Whether the rule is active, and for all repositories and tags. */
function coversAll({ disabled, action, tag_selectors, scope_selectors }: z.infer<typeof rule>): boolean {
  const everything = (selectors: readonly z.infer<typeof selector>[] | null | undefined, decoration: string): boolean =>
    selectors?.length === 1 && selectors[0]?.pattern === '**' && selectors[0].decoration === decoration;
  const isActive = disabled !== true && action === 'retain';
  return isActive && everything(tag_selectors, 'matches') && everything(scope_selectors?.repository, 'repoMatches');
}
