import type { Metrics } from '../process.js';

const DURATION = 'registry_mirror_harbor_request_duration_seconds';

/** The operator's calls to Harbor of one method, route and status. */
export interface HarborCalls {
  readonly method: string;
  readonly route: string;
  readonly status: string;
  readonly count: number;
  readonly meanMs: number;
}

/** What the operator called between two scrapes of one process, the most frequent first. */
export function callsBetween(before: Metrics | undefined, after: Metrics): readonly HarborCalls[] {
  const difference = (part: string): ReadonlyMap<string, number> => {
    const earlier = before?.byLabels(`${DURATION}_${part}`);
    const later = [...after.byLabels(`${DURATION}_${part}`)];
    return new Map(later.map(([labels, value]) => [labels, value - (earlier?.get(labels) ?? 0)]));
  };
  const seconds = difference('sum');
  return [...difference('count')]
    .filter(([, count]) => count > 0)
    .map(([labels, count]) => ({ ...namesOf(labels), count, meanMs: (1000 * (seconds.get(labels) ?? 0)) / count }))
    .toSorted((a, b) => b.count - a.count);
}

export function isWrite({ method }: HarborCalls): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function namesOf(labels: string): Pick<HarborCalls, 'method' | 'route' | 'status'> {
  const of = (label: string): string => new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? '';
  return { method: of('method'), route: of('route'), status: of('status') };
}
