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
  { title: 'The life of a mirror, from `kubectl apply` to its deletion', specs: [`${IN}/operator/lifecycle.test.ts`] },
  { title: 'All image names, through ten mirrors and the operator', specs: [`${IN}/operator/golden.test.ts`] },
  {
    title: 'All image names and all Pods that are left alone, by each engine that the cluster has',
    specs: [`${IN}/policy/engines.test.ts`, `${IN}/policy/left-alone.test.ts`],
  },
  { title: 'Pull secrets in Pods, by each engine that the cluster has', specs: [`${IN}/policy/pull-secrets.test.ts`] },
  {
    title: 'What Auto comes to, and what is said of engines that the cluster lacks',
    specs: [`${IN}/engines/auto.test.ts`],
  },
  { title: 'From one engine to another under a stream of Pods', specs: [`${IN}/engines/switch.test.ts`] },
];
