import type { PullSecretRef } from '../pull-secret.js';
import { jmesPathLiteral } from '../syntax/escape.js';

/** What the stages of the rewrite's expression carry along, and the stages behind them. */
export interface PullSecretStages {
  /** Members of the first stage: p, b: names that the Pod has now and had before; y: whether it has any. */
  readonly read: string;
  /** The same members in the stages between. */
  readonly carry: string;
  /** Member of each rewritten image: v, its Secret. */
  readonly perImage: string;
  /** Stages that leave z: the Secrets to add. */
  readonly stages: readonly string[];
  /** The patch, as an element of the list of lists of patches. */
  readonly patch: string;
}

const NO_STAGES: PullSecretStages = { read: '', carry: '', perImage: '', stages: [], patch: '' };

export function pullSecretStages(secrets: readonly PullSecretRef[]): PullSecretStages {
  if (secrets.length === 0) return NO_STAGES;
  const byPrefix = Object.fromEntries(secrets.map(({ pullPrefix, name }) => [pullPrefix, name]));
  const names = (pod: string): string => `request.${pod}.spec.imagePullSecrets[].name || \`[]\``;
  const without = (list: string): string =>
    `values(merge(z, object_from_lists(${list}, ${list})))[?type(@) == 'object']`;
  return {
    read: `p: ${names('object')}, b: ${names('oldObject')}, y: length(${names('object')}) > \`0\`, `,
    carry: 'p: p, b: b, y: y, ',
    perImage: `v: lookup(${jmesPathLiteral(byPrefix)}, t), `,
    stages: [
      '{e: e, a: a, l: l, p: p, b: b, y: y, z: object_from_lists(l[].v, l[].{name: v}) }',
      `{e: e, a: a, l: l, y: y, z: z, p: [p, e && ${without('b')}[].name || \`[]\`][] }`,
      `{e: e, a: a, l: l, y: y, z: sort_by(${without('p')}, &name) }`,
    ],
    patch:
      ", length(z) > `0` && (y && z[].{op: 'add', path: '/spec/imagePullSecrets/-', value: @}" +
      " || [{op: 'add', path: '/spec/imagePullSecrets', value: z}]) || `[]`",
  };
}
