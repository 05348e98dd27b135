import type { Check, Row } from './rows.js';

/** What came of a check on a cluster. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
}

export interface RowResult {
  readonly row: Row;
  /** As the pinned modules have it, like v1.36.3. */
  readonly kubernetes: string;
  readonly kyverno: string;
  readonly outcomes: ReadonlyMap<Check, Outcome>;
}

const HEAD = `# Versions

<!-- Written by \`npm run test:versions\`. Do not edit. -->

Each column is a real API server with a real Kyverno, as it was tested with everything that stands below. What isn't listed wasn't tried, and may work all the same.
`;

const ENGINES = `## What each engine needs

| Engine                    | Needs                                                                                                                                                                                |
| ------------------------- | ------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------ |
| \`ClusterPolicy\`           | Kyverno 1.15 or later                                                                                                                                                                |
| \`MutatingPolicy\` | Kyverno 1.19 or later. Kyverno 1.15 and 1.17 have it, and change no Pod by ours: they know no \`request\` where a policy says what to change. 1.18 wasn't tried. The operator tells them by the schema, and takes them for missing |
| \`MutatingAdmissionPolicy\` | Kubernetes 1.36 or later; or 1.34 with \`--feature-gates=MutatingAdmissionPolicy=true --runtime-config=admissionregistration.k8s.io/v1beta1=true\`. The operator finds out which it is |

With Kyverno 1.17 beside it, 1.34 needs \`v1alpha1=true\` as well: that Kyverno waits for it, and registers no webhook until then.

A mirror whose engine the cluster doesn't have is \`Stalled\` with the reason \`EngineUnavailable\`, and names the engines that there are. Images in volumes are rewritten from Kubernetes
1.31 on, where the feature gate \`ImageVolume\` is on: before 1.35 somebody has to turn it on.
`;

/** The page for the documentation. */
export function report(results: readonly RowResult[], checks: readonly Check[], day: string): string {
  const title = ({ kubernetes, kyverno }: RowResult): string => `Kubernetes ${kubernetes}, Kyverno ${kyverno}`;
  const lines = [
    ['', ...results.map(title)],
    ['---', ...results.map(() => '---')],
    ...checks.map((check) => [check.title, ...results.map(({ outcomes }) => cell(outcomes.get(check)))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const failures = results.flatMap((result) =>
    [...result.outcomes.values()]
      .flatMap(({ failed }) => failed)
      .map((name) => `- Kubernetes ${result.kubernetes}, Kyverno ${result.kyverno}: ${name}`),
  );
  const failed = failures.length === 0 ? [] : ['', '## What failed', '', ...failures];
  return `${HEAD}\nLast run: ${day}.\n\n${lines.join('\n')}\n\n${ENGINES}${failed.length === 0 ? '' : `${failed.join('\n')}\n`}`;
}

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'not run';
  const { passed, failed } = outcome;
  return failed.length === 0 ? `${passed} passed` : `${passed} passed, **${failed.length} failed**`;
}
