import type { Outcome, RowResult } from './results.js';
import { kyvernoBefore } from './rows.js';
import type { Check } from './rows.js';

const HEAD = `# Versions

<!-- Written by \`npm run test:versions\`. Do not edit. -->

Each column is a real API server with a real Kyverno, as it was tested with everything that stands below. What isn't listed wasn't tried, and may work all the same. Which versions are supported is another
question: [what is supported](support.md) has the ranges.
`;

const ENGINES = `## What each engine needs

| Engine                    | Needs                                                                                                                                                                                |
| ------------------------- | ------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------ |
| \`ClusterPolicy\`           | Kyverno 1.15 or later                                                                                                                                                                |
| \`MutatingPolicy\` | Kyverno 1.19 or later. Kyverno 1.15 and 1.17 have it, and change no Pod by ours: they know no \`request\` where a policy says what to change. 1.18 wasn't tried; its schema is that of 1.17. The operator goes by the schema, and takes all of these for missing |
| \`MutatingAdmissionPolicy\` | Kubernetes 1.36 or later; or 1.34 or 1.35, where it is a beta that is off by default, with \`--feature-gates=MutatingAdmissionPolicy=true --runtime-config=admissionregistration.k8s.io/v1beta1=true\`. 1.35 wasn't tried. The operator finds out which it is |

With Kyverno 1.17 beside it, 1.34 needs \`v1alpha1=true\` as well: that Kyverno waits for it, and registers no webhook until then.

A mirror whose engine the cluster doesn't have is \`Stalled\` with the reason \`EngineUnavailable\`, and names the engines that there are. Images in volumes are rewritten from Kubernetes
1.31 on, where the feature gate \`ImageVolume\` is on: before 1.35 somebody has to turn it on.
`;

/** The page for the documentation. */
export function report(results: readonly RowResult[], checks: readonly Check[]): string {
  const title = ({ versions }: RowResult): string => `Kubernetes ${versions.kubernetes}, Kyverno ${versions.kyverno}`;
  const lines = [
    ['', ...results.map(title)],
    ['---', ...results.map(() => '---')],
    ...checks.map((check) => [check.title, ...results.map((result) => cell(check, result))]),
    ['Last run', ...results.map(lastRun)],
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const failures = results.flatMap((result) =>
    checks.flatMap((check) => result.outcomes[check.title]?.failed ?? []).map((name) => `- ${title(result)}: ${name}`),
  );
  const failed = failures.length === 0 ? [] : ['', '## What failed', '', ...failures];
  return `${HEAD}\n${lines.join('\n')}\n\n${ENGINES}${failed.length === 0 ? '' : `${failed.join('\n')}\n`}`;
}

function lastRun({ day, commit }: RowResult): string {
  if (day === undefined) return 'not run';
  return commit === undefined ? day : `${day}, ${commit}`;
}

function cell({ title, needs }: Check, { kyverno, outcomes }: RowResult): string {
  const outcome: Outcome | undefined = outcomes[title];
  if (outcome === undefined)
    return needs !== undefined && kyvernoBefore(kyverno) === undefined ? `not run: needs ${needs}` : 'not run';
  const { passed, failed } = outcome;
  return failed.length === 0 ? `${passed} passed` : `${passed} passed, **${failed.length} failed**`;
}
