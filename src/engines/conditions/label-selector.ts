import type { Labels } from '../../api/object-meta.js';

/** Of a mirror, or of a webhook, of which the client's types name no operators. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Requirement[];
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether these labels meet a selector, as the API server decides it; an absent one selects everything. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  return unmet(selector, labels) === undefined;
}

/** The first requirement of the selector that these labels don't meet, in words. */
export function unmet(selector: Selector | undefined, labels: Labels): string | undefined {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    if (labels[key] !== value) return `${key}=${value}`;
  }
  const failed = (selector?.matchExpressions ?? []).find((requirement) => !meets(requirement, labels));
  return failed === undefined ? undefined : inWords(failed);
}

/** A label that isn't there meets NotIn, too. */
function meets({ key, operator, values = [] }: Requirement, labels: Labels): boolean {
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
    default:
      throw new Error(`The API server takes no operator ${operator}.`);
  }
}

function inWords({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(', ')})`;
    case 'NotIn':
      return `${key} not in (${values.join(', ')})`;
    case 'Exists':
      return `${key} present`;
    case 'DoesNotExist':
      return `${key} absent`;
    default:
      return `${key} ${operator}`;
  }
}
