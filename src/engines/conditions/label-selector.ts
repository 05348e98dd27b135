import type { LabelSelector, LabelSelectorRequirement } from '../../api/registry-mirror.js';

export type Labels = Readonly<Record<string, string>>;

/** Whether these labels meet a selector, as the API server decides it; an absent one selects everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  return unmet(selector, labels) === undefined;
}

/** The first requirement of the selector that these labels don't meet, in words. */
export function unmet(selector: LabelSelector | undefined, labels: Labels): string | undefined {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    if (labels[key] !== value) return `${key}=${value}`;
  }
  const failed = (selector?.matchExpressions ?? []).find((requirement) => !meets(requirement, labels));
  return failed === undefined ? undefined : inWords(failed);
}

/** A label that isn't there meets NotIn, too. */
function meets({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

function inWords({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(', ')})`;
    case 'NotIn':
      return `${key} not in (${values.join(', ')})`;
    case 'Exists':
      return `${key} present`;
    case 'DoesNotExist':
      return `${key} absent`;
  }
}
