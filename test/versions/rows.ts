import { VERSIONS } from '../cluster/versions.js';

/** A cluster that the tests run on. */
export interface Row {
  readonly kubernetes: (typeof VERSIONS)['kubernetes'][number];
  readonly kyverno: (typeof VERSIONS)['kyverno'][number];
}

/** What is shown of a cluster, and by which spec files. */
export interface Check {
  readonly title: string;
  readonly specs: readonly string[];
  /** What it needs beside the row's own versions; undefined: nothing. */
  readonly needs?: 'an older Kyverno';
}

export const ROWS: readonly Row[] = VERSIONS.kubernetes.map((kubernetes, index) => ({
  kubernetes,
  kyverno: VERSIONS.kyverno[index] ?? VERSIONS.kyverno[0],
}));

const IN = 'test/integration';

export const CHECKS: readonly Check[] = [
  {
    title: 'The CustomResourceDefinition takes what is right and refuses what is wrong',
    specs: [`${IN}/crd/accepted.test.ts`, `${IN}/crd/refused.test.ts`, `${IN}/crd/config.test.ts`],
  },
  {
    title: 'The chart is installed, upgraded, rolled back and uninstalled',
    specs: [`${IN}/chart/installation.test.ts`],
  },
  {
    title: "The chart's admission policies let the operator write what it writes, and nothing else",
    specs: ['policy', 'images', 'pods', 'ways-around', 'largest', 'upgrade'].map(
      (what) => `${IN}/chart/admission-${what}.test.ts`,
    ),
  },
  { title: 'The life of a mirror, from `kubectl apply` to its deletion', specs: [`${IN}/operator/lifecycle.test.ts`] },
  { title: 'All image names, through ten mirrors and the operator', specs: [`${IN}/operator/golden.test.ts`] },
  {
    title: 'All image names and all Pods that are left alone, by each engine that the cluster has',
    specs: [`${IN}/policy/engines.test.ts`, `${IN}/policy/left-alone.test.ts`],
  },
  { title: 'Pull secrets in Pods, by each engine that the cluster has', specs: [`${IN}/policy/pull-secrets.test.ts`] },
  {
    title: 'What Auto comes to, and what is said of engines that the cluster lacks',
    specs: [`${IN}/engines/auto.test.ts`, `${IN}/engines/wavering.test.ts`],
  },
  { title: 'From one engine to another under a stream of Pods', specs: [`${IN}/engines/switch.test.ts`] },
  {
    title: 'Kyverno with two admission replicas, one of them behind the other, under a stream of Pods',
    specs: [`${IN}/policy/two-replicas.test.ts`],
  },
  {
    title: 'The upgrade of Kyverno from the version before in this table, under a stream of Pods',
    specs: ['test/versions/kyverno-upgrade.test.ts'],
    needs: 'an older Kyverno',
  },
];

/** The Kyverno that this one is upgraded from in the tests; undefined: there is none. */
export function kyvernoBefore(kyverno: string): string | undefined {
  const versions: readonly string[] = VERSIONS.kyverno;
  return versions[versions.indexOf(kyverno) + 1];
}

export function checksOf({ kyverno }: Pick<Row, 'kyverno'>): readonly Check[] {
  return CHECKS.filter(({ needs }) => needs === undefined || kyvernoBefore(kyverno) !== undefined);
}
